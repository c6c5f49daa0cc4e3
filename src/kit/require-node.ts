// The first import of whatever a program imports of Millhand: an old Node hears so in a sentence, before it meets anything
// that it does not have. What is not there on one is therefore loaded when it is used, never by the name of an import.
import { nodeProblem } from './node-version.ts'

const problem = nodeProblem(process.versions.node)
if (problem) throw problem
