/**
 * A text as it is searched: small letters without accents, and spaces for everything that is neither a letter nor a
 * digit. It is exactly as long as the text itself, so that a place in one is the same place in the other.
 *
 * PostgreSQL could do the most of it, but not on every server: its extension `unaccent` may not be there, and what it
 * takes for a letter depends on the locale that the database was made with.
 */
export function fold(text: string): string {
  return text.replace(/[^a-z0-9 ]/gu, foldCharacter)
}

function foldCharacter(character: string): string {
  if (/[A-Z]/.test(character)) return character.toLowerCase()
  if (!/[\p{L}\p{N}\p{M}]/u.test(character)) return ' '.repeat(character.length)
  const plain = character
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  // A syllable of Hangul falls into several letters, and a mark by itself into none: they stay as they are.
  return plain.length === character.length ? plain : character
}
