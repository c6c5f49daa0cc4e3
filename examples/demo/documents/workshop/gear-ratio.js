/** Turns of the millstone for one turn of the water wheel, through any number of gear pairs. */
export function gearRatio(pairs) {
  return pairs.reduce((ratio, { driver, driven }) => (ratio * driver) / driven, 1)
}

/** Whether every cog of one wheel meets every cog of the other: the counts share no divisor. */
export function hasHuntingCog(one, other) {
  return other === 0 ? one === 1 : hasHuntingCog(other, one % other)
}

const mill = [
  { driver: 88, driven: 23 },
  { driver: 96, driven: 17 },
]

console.log(`the stone turns ${gearRatio(mill).toFixed(1)} times`)
console.log(`even wear: ${mill.every(({ driver, driven }) => hasHuntingCog(driver, driven))}`)
