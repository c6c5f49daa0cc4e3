import { describeHistories } from './model.ts'

describeHistories({ local: 300, sent: 25 })
