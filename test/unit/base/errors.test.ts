import { describe, expect, it } from 'vitest';
import { errorCodes, SctpError } from '../../../src/base/errors.ts';

describe('SctpError', () => {
  it('says what its code means, unless there is more to say', () => {
    expect(new SctpError('SCTP_ERR_CLOSED').message).toBe(errorCodes.SCTP_ERR_CLOSED);
    const cause = new Error('EPERM');
    const error = new SctpError('SCTP_ERR_TRANSPORT', 'the socket is gone', { cause });
    expect(error).toMatchObject({
      name: 'SctpError',
      code: 'SCTP_ERR_TRANSPORT',
      message: 'the socket is gone',
      cause,
    });
    expect(error).toBeInstanceOf(Error);
  });
});
