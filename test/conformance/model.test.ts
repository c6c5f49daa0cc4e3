import { describeHistories } from './model.ts'

describeHistories({ local: 100, sent: 10 })
