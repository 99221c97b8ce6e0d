/** What the two processes of `sctp-ts demo` have agreed on. */
export const loopback = '127.0.0.1';

/** Messages on this stream are counted and not returned. */
export const bulkStreamId = 9;

/** Marks the message that ends the bulk transfer, and the answer with the number of bytes that arrived. */
export const endOfBulkPpid = 1;
