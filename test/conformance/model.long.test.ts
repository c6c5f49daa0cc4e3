import { describeHistories } from './model.ts'

describeHistories({ local: 3_000, sent: 400 })
