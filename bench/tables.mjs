// The tables that the benchmarks fill: partitioned and keyed, made anew by each of these scripts of psql.
export const WIDE = {
  name: 'ev',
  columns: `event_id text not null, name text not null, occurred_at timestamptz not null, user_id text, properties jsonb, context jsonb`,
  key: 'event_id, occurred_at',
  time: 'occurred_at',
  /** A day each, 30 of them. */
  partitions: `select format('create table ev_%s partition of ev for values from (%L) to (%L)', to_char(d at time zone 'UTC', 'YYYYMMDD'), d, d + interval '1 day')
    from generate_series('2019-07-01 00:00+00'::timestamptz, '2019-07-30 00:00+00', '1 day') d \\gexec`,
};

export const FLIGHTS = {
  name: 'fl',
  columns: `id bigint not null, date timestamp not null, delay integer, distance integer, origin text, destination text`,
  key: 'id, date',
  time: 'date',
  /** A month each, seven of them. */
  partitions: `select format('create table fl_%s partition of fl for values from (%L) to (%L)', to_char(d, 'YYYYMM'), d, d + interval '1 month')
    from generate_series('2001-01-01'::timestamp, '2001-07-01', '1 month') d \\gexec`,
};

export function madeAnew({ name, columns, key, time, partitions }) {
  return `drop table if exists ${name}; create table ${name} (${columns}, primary key (${key})) partition by range (${time}); ${partitions}`;
}
