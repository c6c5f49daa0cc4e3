import { bytesOf, type ClaimedJob, type ClaimRequest } from '../../jobs.ts'
import type { Look } from './look.ts'

/** Which jobs a claim is for. */
export type Kind = Pick<Look, 'class' | 'heedsApart'>

/** What a claim may have beside its request. */
export interface Filling {
  readonly request: ClaimRequest
  readonly kind: Kind
  readonly jobs: readonly ClaimedJob[]
  /** The answer had no room for more. */
  readonly full?: boolean
}

export interface Found {
  readonly jobs: ClaimedJob[]
  /** Nothing was taken, since a job waits that has to run alone. */
  readonly apart: boolean
}

export const NOTHING: Found = { jobs: [], apart: false }

/** What is claimed already is not lost to a fault of what follows. */
export async function orNothing<Result>(
  jobs: readonly ClaimedJob[],
  nothing: Result,
  claim: () => Promise<Result>,
): Promise<Result> {
  try {
    return await claim()
  } catch (error) {
    if (jobs.length === 0) throw error
    return nothing
  }
}

/** What a request leaves to be claimed. */
export function restOf(request: ClaimRequest, jobs: readonly ClaimedJob[]): ClaimRequest {
  const bytes = jobs.reduce((sum, job) => sum + bytesOf(job), 0)
  return {
    ...request,
    limit: bytes < request.bytesMax ? request.limit - jobs.length : 0,
    begins: Math.max(0, request.begins - jobs.length),
    bytesMax: request.bytesMax - bytes,
  }
}

/** The same where something may have to run alone: beside what is claimed, nothing does. */
export function restBeside(request: ClaimRequest, jobs: readonly ClaimedJob[]): ClaimRequest {
  return { ...restOf(request, jobs), takesAlone: request.takesAlone && jobs.length === 0 }
}
