/**
 * Jobs looked up by their ids, in the order of their numbers, with these columns beside `seq` and `id`. Walled off from what is
 * joined with them: a plan that was made while there were few jobs would begin with all of them, in that order, and leave out
 * those that are not meant. What is joined stands in a `lateral` that the planner cannot take apart, which is one look by
 * an index for each, whatever the planner believes of the sizes of the tables.
 */
export const jobsById = (columns = '', ids = '$ids'): string => `(select * from (
      select seq, id${columns} from millhand.jobs where id = any(${ids}) offset 0) found order by seq offset 0)`

/** The row of `table` that has the number of `row`, with these columns. */
export const rowOf = (row: string, columns: string, table: string): string =>
  `lateral (select ${columns} from millhand.${table} where seq = ${row}.seq offset 0)`

/** The same, locked. */
export const lockedRowOf = (row: string, columns: string, table: string): string =>
  `lateral (select ${columns} from millhand.${table} where seq = ${row}.seq for update)`

/** The same, and none where somebody else has it. */
export const freeRowOf = (row: string, columns: string, table: string): string =>
  `lateral (select ${columns} from millhand.${table} where seq = ${row}.seq for update skip locked)`

/** That `column` is a number of this relation: by an index, whatever the size of either. A join of the two might go through the whole table. */
export const among = (column: string, relation: string): string =>
  `${column} = any (array(select seq from ${relation}))`
