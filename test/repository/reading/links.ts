import { lineOf, type RepositoryFile } from './files.ts'

/** A relative link of a document. */
export interface Link {
  readonly target: string
  readonly line: number
}

/** The relative links of a document: those of its text, not of the code in it. */
export function linksOf({ text }: RepositoryFile): Link[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)]
    .map(({ 1: target = '', index }) => ({ target, line: lineOf(text, index) }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

/** The same text with spaces for code, so that every line keeps its number. */
function withoutCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ')
  return text.replace(/^( *)(```+)[\s\S]*?^\1\2/gm, blank).replace(/`[^`\n]*`/g, blank)
}
