/** What a line of a quarantine begins with; the number is the version of the format. */
export const QUARANTINE_MARK = 'quarantine/1';

/** What a line that holds one message of a queue begins with. */
export const LETTER_MARK = 'letter/1';
