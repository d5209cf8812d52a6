/** The statements that comment on something; none where there is no comment. @param what `table …`, quoted. */
export function commentSql(what: string, comment: string | undefined): readonly string[] {
  return comment === undefined ? [] : [`comment on ${what} is '${comment.replaceAll("'", "''")}'`];
}
