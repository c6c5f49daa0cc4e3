/** What somebody else has said, as a sentence that others may follow: with a full stop, where it ends without one. */
export function sentence(text: string): string {
  return text.replace(/[^.?!]$/, '$&.')
}
