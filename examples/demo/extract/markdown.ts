import type { RawText } from './raw-text.ts'

/** The text of a Markdown document without its markup; titled by its front matter, else by its first heading. */
export function textOfMarkdown(markdown: string): RawText {
  const { title, body } = splitFrontMatter(markdown.replaceAll('\r\n', '\n'))
  const heading = /^#{1,2} {1,9}([^\n]{1,300})/m.exec(body)?.[1] ?? ''
  return { kind: 'raw', title: title || withoutMarkup(heading), text: withoutMarkup(body) }
}

/** Front matter is small; a rule at the top of a long text is not the start of one. */
const FRONT_MATTER_CHARACTERS_MAX = 5000

function splitFrontMatter(markdown: string): { title: string; body: string } {
  const start = markdown.slice(0, FRONT_MATTER_CHARACTERS_MAX)
  const end = start.startsWith('---\n') ? start.indexOf('\n---\n', 3) : -1
  if (end < 0) return { title: '', body: markdown }
  const title = /^title: *["']?([^"'\n]{1,300})/m.exec(start.slice(0, end))?.[1] ?? ''
  return { title, body: markdown.slice(end + '\n---\n'.length) }
}

/**
 * Not a Markdown parser: it takes away what would be in the way of words. What it does not know stays as it is, which
 * costs a stray mark in an excerpt and no word in the index.
 */
function withoutMarkup(markdown: string): string {
  return markdown
    .replace(/^[ \t]{0,3}(?:#{1,6} +|> ?|[-*+] +|```.*|~~~.*)/gm, '')
    .replace(/^[ \t]{0,3}[-=*_|: \t]{3,}$/gm, '')
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/<(\/?[a-zA-Z][^<>]*|!--[^<>]*)>/g, ' ')
    .replace(/(?<![\p{L}\p{N}])[*_]+|[*_]+(?![\p{L}\p{N}])|[`|]|~~/gu, (mark) => (mark === '|' ? ' ' : ''))
}
