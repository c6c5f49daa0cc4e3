import { IN_COMMITTING } from './plants/committing.ts'
import { IN_INSERTING } from './plants/inserting.ts'
import { IN_LIMITING } from './plants/limiting.ts'
import { IN_OPERATING } from './plants/operating.ts'
import { IN_ORDERING } from './plants/ordering.ts'
import type { Planted } from './plants/plant.ts'
import { IN_RESCUING } from './plants/rescuing.ts'
import { IN_SETTLING } from './plants/settling.ts'
import { IN_TELLING } from './plants/telling.ts'
import { IN_TICKING } from './plants/ticking.ts'
import { IN_WAKING } from './plants/waking.ts'

/** Faults that the simulator has to find. */
export const PLANTS: readonly Planted[] = [
  ...IN_SETTLING,
  ...IN_INSERTING,
  ...IN_RESCUING,
  ...IN_WAKING,
  ...IN_TELLING,
  ...IN_COMMITTING,
  ...IN_LIMITING,
  ...IN_ORDERING,
  ...IN_TICKING,
  ...IN_OPERATING,
]
