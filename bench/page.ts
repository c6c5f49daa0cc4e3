/** A part of a page that is written by a program. */
export interface Part {
  readonly name: string
  readonly text: string
}

/**
 * The page with this part in the place of the one of the same name.
 *
 * @throws Error where the page has no place for it: two comments that name it
 */
export function withPart(page: string, { name, text }: Part): string {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`The page has no place for '${name}': ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${page.slice(to)}`
}
