import { DatabaseSync } from 'node:sqlite'
import { postgresPool, schemaOf } from './postgres.ts'

/** Values of a job that are kept as JSON, with the table that each is in on PostgreSQL. */
const TABLES = {
  input: 'jobs',
  tags: 'jobs',
  context: 'jobs',
  progress: 'details',
  checkpoint: 'details',
  errors: 'details',
  output: 'settled',
} as const

type Values = Partial<Record<keyof typeof TABLES, string>>

/** Writes into the row of a job by hand, past the queue: what is there already, as its text. */
export async function editRow(url: string, id: string, values: Values): Promise<void> {
  for (const [column, text] of Object.entries(values)) {
    if (url.startsWith('sqlite:')) editFile(url.slice('sqlite:'.length), { id, column, text })
    else await editServer(url, { id, column, text })
  }
}

interface Edit {
  readonly id: string
  readonly column: string
  readonly text: string
}

function editFile(file: string, { id, column, text }: Edit): void {
  const db = new DatabaseSync(file)
  db.prepare(`update millhand_jobs set ${column} = ? where id = ?`).run(text, id)
  db.close()
}

async function editServer(url: string, { id, column, text }: Edit): Promise<void> {
  const schema = `"${schemaOf(url)}"`
  const table = TABLES[column as keyof typeof TABLES]
  await postgresPool().query(
    `update ${schema}.${table} set ${column} = $2 where seq = (select seq from ${schema}.jobs where id = $1)`,
    [id, text],
  )
}
