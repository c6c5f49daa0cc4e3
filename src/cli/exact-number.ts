const DECIMAL = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Whether a number is the same after a computer has read it: not rounded, and not too large or too small. */
export function isExactNumber(text: string): boolean {
  const read = Number(text)
  return Number.isFinite(read) && decimalOf(text) === decimalOf(String(read))
}

/** The decimal value of a number, one text for all the ways to write it. */
function decimalOf(text: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  const tens = Number(exponent) - fraction.length + digits.length - significant.length
  return significant === '' ? '0' : `${significant}e${tens}`
}
