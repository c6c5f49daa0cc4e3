import { oneLine } from '../kit/visible.ts'
import type { Paint, Style } from './paint.ts'
import { cutTo, widthOf } from './text-width.ts'

export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly style?: (row: Row) => Style | undefined
  readonly align?: 'right'
  /** The column may be cut down to this width where the terminal is narrow; without it, it is shown whole. */
  readonly shrinksTo?: number
}

interface TableStyle {
  /** Columns of the terminal; `Infinity` where there is none. */
  readonly width: number
  readonly paint: Paint
}

const GAP = '  '

/** The lines of a table: a title a column, a line a row, as narrow as the terminal asks for. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(cellOf(column.text(row)))))
  const widths = fitWidths(columns, naturalWidths(columns, cells), style.width)
  const titles = columns.map((column, index) => pad(column, column.title, widths[index] ?? 0))
  const lines = cells.map((texts, line) =>
    columns.map((column, index) => {
      const cell = pad(column, texts[index] ?? '', widths[index] ?? 0)
      return style.paint(column.style?.(rows[line] as Row), cell)
    }),
  )
  return [style.paint('dim', titles.join(GAP).trimEnd()), ...lines.map((line) => line.join(GAP).trimEnd())]
}

/** More than any terminal is wide, and than Millhand writes into a row: to measure a text costs its length. */
const CELL_CHARACTERS = 4_000

function cellOf(text: string): string {
  return text.length > CELL_CHARACTERS ? `${text.slice(0, CELL_CHARACTERS).toWellFormed()}…` : text
}

function naturalWidths<Row>(columns: readonly Column<Row>[], cells: readonly string[][]): number[] {
  return columns.map((column, index) =>
    cells.reduce((widest, texts) => Math.max(widest, widthOf(texts[index] ?? '')), column.title.length),
  )
}

/** Takes what is too much from the last column that has some to spare, then from the one before it. */
function fitWidths<Row>(columns: readonly Column<Row>[], widths: readonly number[], width: number): number[] {
  const fitted = [...widths]
  let excess = fitted.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1)) - width
  for (let index = columns.length - 1; index >= 0 && excess > 0; index -= 1) {
    const { shrinksTo } = columns[index] as Column<Row>
    const now = fitted[index] ?? 0
    const spare = shrinksTo === undefined ? 0 : Math.max(0, now - shrinksTo)
    fitted[index] = now - Math.min(spare, excess)
    excess -= Math.min(spare, excess)
  }
  return fitted
}

function pad<Row>({ align }: Column<Row>, text: string, width: number): string {
  const cut = cutTo(text, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)))
  return align === 'right' ? space + cut : cut + space
}
