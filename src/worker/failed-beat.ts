/** A beat that failed is tried again after this share of the time between beats: the lease is only a few of them long. */
export const FAILED_BEAT = 0.1
