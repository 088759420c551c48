/** What a run's report says of its connections when nobody has noticed anything; shared by the tests that demand it. */
export const UNHARMED = { reset: 0, refused: 0, failed: 0, endedEarly: 0, stalled: 0, mismatchedBytes: 0 };
