/** The name of a lane: that of its jobs, and behind a space what they require. No name of a job has a space. */
export function laneName(name: string, requirements: string): string {
  return requirements === '' ? name : `${name} ${requirements}`
}

export function readLaneName(lane: string): { readonly name: string; readonly requirements: string } {
  const end = lane.indexOf(' ')
  if (end < 0) return { name: lane, requirements: '' }
  return { name: lane.slice(0, end), requirements: lane.slice(end + 1) }
}
