import { ErrorCode, type WebAPIPlatformError } from '@slack/web-api';

/** The body of Slack's refusal; fails when the call was not refused. */
export async function refusedBy(call: Promise<unknown>): Promise<WebAPIPlatformError['data']> {
  try {
    await call;
  } catch (error) {
    if (isPlatformError(error)) return error.data;
    throw error;
  }
  throw new Error('the call was accepted');
}

function isPlatformError(error: unknown): error is WebAPIPlatformError {
  return error instanceof Error && 'code' in error && error.code === ErrorCode.PlatformError;
}
