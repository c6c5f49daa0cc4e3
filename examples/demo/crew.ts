import { Member } from './member.ts'
import type { News, WorkSettings } from './messages.ts'
import { plural, printable } from './wording.ts'

/** Jobs at a time in each worker: one reads while the other one is parsed. More would only hold more texts in memory. */
export const CONCURRENCY = 2

/** A document that brings workers down is quarantined after three of them; so many ends have another cause. */
const REPLACEMENTS_MAX = 30

export interface CrewOptions {
  /** Of the queue. */
  url: string
  size: number
  /** A line for whoever watches. */
  say: (line: string) => void
}

/** The worker processes: started together, replaced when one ends by itself, stopped together. */
export class Crew {
  readonly members: Member[] = []
  /** Set when the workers end as fast as they are replaced: nothing will come of waiting. */
  failure: Error | undefined
  readonly #options: CrewOptions
  #settings: WorkSettings | undefined
  #stopping = false

  constructor(options: CrewOptions) {
    this.#options = options
    for (let count = 0; count < options.size; count += 1) this.#add()
  }

  /** They start claiming: those that are there and those that come. */
  work(settings: WorkSettings): void {
    this.#settings = settings
    for (const member of this.members) if (member.state === 'ready') this.#set(member)
  }

  /** The one that is in the middle of the most jobs; `undefined` where none is in one. */
  busiest(): Member | undefined {
    const [first] = this.members
      .filter((member) => member.state === 'working' && member.running > 0)
      .sort((one, other) => other.running - one.running)
    return first
  }

  /** Whether a worker was killed on purpose. */
  get hasKilled(): boolean {
    return this.members.some((member) => member.state === 'killed' || member.state === 'rescued')
  }

  /** With nobody left, nothing would go on. */
  keepAlive(): void {
    if (!this.members.some((member) => member.alive)) this.#add()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.members.map((member) => member.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #add(): void {
    const { url } = this.#options
    const start = { url, number: this.members.length + 1, concurrency: CONCURRENCY }
    const member = new Member(start, (from, news) => this.#hear(from, news))
    this.members.push(member)
    void member.gone.then(() => this.#replace(member))
  }

  #hear(member: Member, news: News): void {
    if (news.kind === 'ready' && member.state === 'ready') this.#set(member)
    if (news.kind === 'rescued' && news.jobs > 0) {
      this.#options.say(
        `Worker ${member.number} rescued ${plural(news.jobs, 'job')} of a lost worker: they run again.`,
      )
      for (const lost of this.members) if (lost.state === 'killed') lost.state = 'rescued'
    }
    if (news.kind === 'trouble') this.#options.say(`Worker ${member.number}: ${news.message}`)
  }

  #set(member: Member): void {
    if (this.#settings) member.tell({ kind: 'work', settings: this.#settings })
  }

  #replace(member: Member): void {
    if (this.#stopping || member.state !== 'gone') return
    const { size, say } = this.#options
    say(`Worker ${member.number} ended by itself, and is replaced.`)
    for (const line of member.errors.trim().split('\n')) if (line !== '') say(`    ${printable(line)}`)
    if (this.members.length < size + REPLACEMENTS_MAX) this.#add()
    else this.failure = new Error(`More than ${REPLACEMENTS_MAX} workers ended by themselves.`)
  }
}
