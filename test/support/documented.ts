import { fileAt } from '../repository/reading/files.ts'
import { type Comment, child, nameOf, parse, walk } from '../repository/reading/syntax.ts'

/** What an interface says of each of its properties, on one line; '' of one of which it says nothing. */
export function documented(path: string, name: string): ReadonlyMap<string, string> {
  const file = fileAt(path)
  const { body, comments } = parse(file)
  const found = new Map<string, string>()
  walk(body, (node, [, parent]) => {
    if (node.type !== 'TSPropertySignature' || nameOf(parent && child(parent, 'id')) !== name) return
    const before = comments.findLast((comment) => comment.start < node.start)
    const isItsOwn = before && /^\*\/\s*$/.test(file.text.slice(endOf(before), node.start))
    found.set(nameOf(child(node, 'key')), isItsOwn ? oneLine(before.value) : '')
  })
  return found
}

/** Where the last two characters of a comment begin. */
function endOf({ start, value }: Comment): number {
  return start + '/*'.length + value.length
}

function oneLine(comment: string): string {
  return comment
    .replaceAll(/^\*|\n\s*\*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
