import { describe } from 'vitest'
import { Deploy, openBefore, rollOver } from './mixed-builds.ts'
import { test as onServer } from './postgres-scene.ts'
import { test as onFile } from './scene.ts'

/** As a later version may: only what those of before need not know. */
const MIGRATIONS = {
  sqlite: `alter table millhand_jobs add column note text default 'none';
    create index millhand_jobs_note on millhand_jobs (note) where state = 'failed';
    create table millhand_notes (job text primary key) strict`,
  postgres: `alter table millhand.jobs add column note text default 'none';
    alter table millhand.pending add column note text;
    alter table millhand.settled add column note text;
    create table millhand.notes (job text primary key)`,
}

describe('workers of a build of before and of the sources on one store, through a migration, both take jobs, rescue each other, lose none and run none twice', () => {
  onFile('in one file', async ({ scene }) => {
    await rollOver(new Deploy(scene, await openBefore(scene), MIGRATIONS.sqlite))
    scene.expectSound()
  })

  onServer('on one server', async ({ scene }) => {
    await rollOver(new Deploy(scene, await openBefore(scene), MIGRATIONS.postgres))
  })
})
