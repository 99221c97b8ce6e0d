/** "is discontinued after sending either a SHUTDOWN chunk or SHUTDOWN ACK chunk" (§8.3). */
export function mayHeartbeat(state: string): boolean {
  return state === 'ESTABLISHED' || state === 'SHUTDOWN-PENDING' || state === 'SHUTDOWN-RECEIVED';
}
