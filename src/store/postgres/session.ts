import { createHash } from 'node:crypto'
import type { QueryConfig } from 'pg'
import type { Clock } from '../../kit/clock.ts'
import type { NoticeKind } from '../store.ts'
import { arrayLiteral, type Element } from './connection/array.ts'
import { translate } from './connection/faults.ts'

interface Answer {
  readonly rows: unknown[]
  /** The command that the server carried out: `ROLLBACK` where it was asked to commit what had failed. */
  readonly command?: string
}

/** What a statement is sent through: a pool, or one of its connections. */
export interface Client {
  query(config: QueryConfig): Promise<Answer>
}

/** What a value bound to a statement may be. */
export type Value = Element | readonly Element[]

interface Dialect {
  /** Names this process: it need not notify itself. */
  readonly self: string
  /** The schema that `millhand.` stands for. */
  readonly schema: string
  /** Where the data is, fit to be shown. */
  readonly location: string
  /** An injected clock; none: the database's own counts. */
  readonly clock: Clock | undefined
  /** The connections are the store's own and keep what is prepared on them. */
  readonly prepares: boolean
  /** Its statements are of one transaction. Otherwise each is one by itself. */
  readonly together?: boolean
  /** A statement without an answer for so long has met a server that is gone. Not for the caller's own ones. */
  readonly answerMs: number
}

/** Oids of the types that are not texts. A `bigint` is the number of a job or a time: it fits for 285,000 years. */
const OID = { bool: 16, bigint: 20, smallint: 21, integer: 23 } as const
const NUMBERS: readonly number[] = [OID.bigint, OID.integer, OID.smallint]

const types = {
  getTypeParser(oid: number): (text: string) => unknown {
    if (NUMBERS.includes(oid)) return Number
    return oid === OID.bool ? (text) => text === 't' : (text) => text
  },
}

/** What a statement is as it is sent, by how it is written: alone, and in a transaction of several. */
interface Texts {
  readonly alone: Map<string, Statement>
  readonly together: Map<string, Statement>
}

interface Statement {
  readonly text: string
  /** Under which a connection keeps it prepared. */
  readonly name: string
}

/** What a light statement adds to its clock: its commit does not wait for the disk. */
const LIGHT = ", set_config('synchronous_commit', 'off', true)"

/** Stands for the schema. Not the end of a longer name: that of a channel has the schema's in it, which may be this one. */
const SCHEMA = /(?<![\w"$])millhand\./g

/** A statement with the name of the schema in it. */
export function inSchema(sql: string, schema: string): string {
  return sql.replaceAll(SCHEMA, `"${schema}".`)
}

/** Sends the statements of one connection, or of a pool. */
export class Session {
  readonly #client: Client
  readonly #dialect: Dialect
  readonly #texts: Texts

  constructor(client: Client, dialect: Dialect, texts: Texts = { alone: new Map(), together: new Map() }) {
    this.#client = client
    this.#dialect = dialect
    this.#texts = texts
  }

  get clock(): Clock | undefined {
    return this.#dialect.clock
  }

  /** The same on one connection, in a transaction of several statements: none of them is a light one there. */
  on(client: Client, given: Partial<Dialect> = {}): Session {
    return new Session(client, { ...this.#dialect, together: true, ...given }, this.#texts)
  }

  /**
   * The same on connections that are the caller's: nothing is prepared on them. When he commits, nobody here knows of
   * it, so that this process is notified as any other.
   */
  guest(): Session {
    return new Session(this.#client, { ...this.#dialect, self: '', prepares: false })
  }

  /** Rows of a statement whose `$1` is the time; see sql.ts. */
  at<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.rows<Row>(sql, this.#dialect.clock?.now() ?? null, ...values)
  }

  rows<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#query<Row>(sql, values, {})
  }

  /** Rows as lists of their values, which take half the time and the memory of objects; `$1` is the time. */
  lists<Row extends readonly unknown[]>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#query<Row>(sql, [this.#dialect.clock?.now() ?? null, ...values], { rowMode: 'array' })
  }

  async #query<Row>(sql: string, values: Value[], mode: { rowMode?: 'array' }): Promise<Row[]> {
    const { text, name } = this.#statement(sql)
    const named = this.#dialect.prepares ? { name } : {}
    const query_timeout = this.#dialect.answerMs
    const config = { ...named, ...mode, text, values: values.map(toParameter), types, query_timeout }
    try {
      return (await this.#send(config)).rows as Row[]
    } catch (error) {
      throw this.translate(error)
    }
  }

  /** What the connection threw, as an error of Millhand's. */
  translate(thrown: unknown): unknown {
    return translate(thrown, this.#dialect.location)
  }

  /** Several statements without values, such as a migration; of a single one, gives the command that it was. */
  async run(sql: string): Promise<string | undefined> {
    const config = { text: this.#statement(sql).text, query_timeout: this.#dialect.answerMs }
    try {
      return (await this.#send(config)).command
    } catch (error) {
      throw this.translate(error)
    }
  }

  #send(config: QueryConfig): Promise<Answer> {
    const answer = this.#client.query(config)
    return this.#dialect.clock?.during?.(answer) ?? answer
  }

  /** The statement with its schema in it. */
  #statement(sql: string): Statement {
    const { schema, self, together } = this.#dialect
    const texts = together ? this.#texts.together : this.#texts.alone
    const known = texts.get(sql)
    if (known) return known
    const text = inSchema(sql, schema)
      .replaceAll('{schema}', schema)
      .replaceAll('{changed}', channelOf(schema, 'changed'))
      .replaceAll('{ready}', channelOf(schema, 'ready'))
      .replaceAll('{self}', self)
      .replaceAll('{light}', together ? '' : LIGHT)
    const name = `millhand_${createHash('sha1').update(text).digest('hex').slice(0, 16)}`
    texts.set(sql, { text, name })
    return { text, name }
  }
}

function toParameter(value: Value): Element {
  return typeof value === 'object' && value !== null ? arrayLiteral(value) : value
}

/** What the processes on one schema are notified through. With the longest name of a schema, the second one has all 63 characters. */
export function channelOf(schema: string, kind: NoticeKind): string {
  return kind === 'changed' ? `millhand_${schema}` : `millhand_${schema}.due`
}
