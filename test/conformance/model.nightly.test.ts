import { describeHistories } from './model.ts'

describeHistories({ local: 100_000, sent: 20_000 })
