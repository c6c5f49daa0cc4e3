import { fileAt } from '../repository/reading/files.ts'
import { type Comment, child, nameOf, parse, walk } from '../repository/reading/syntax.ts'

const MEMBERS = ['TSPropertySignature', 'TSMethodSignature']

/** What an interface says of each of its members, on one line; '' of one of which it says nothing. Of overloads, the first. */
export function documented(path: string, name: string): ReadonlyMap<string, string> {
  const file = fileAt(path)
  const { body, comments } = parse(file)
  const found = new Map<string, string>()
  walk(body, (node, [, parent]) => {
    if (!MEMBERS.includes(node.type) || nameOf(parent && child(parent, 'id')) !== name) return
    const key = nameOf(child(node, 'key'))
    if (node.computed === true || found.has(key)) return
    const before = comments.findLast((comment) => comment.start < node.start)
    const isItsOwn = before && /^\*\/\s*$/.test(file.text.slice(endOf(before), node.start))
    found.set(key, isItsOwn ? oneLine(before.value) : '')
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
