/**
 * An error as the service itself would answer it. Handlers throw it; the wire layer writes it in the
 * protocol of the request (XML for EC2 and STS, JSON for SSM).
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

export type Service = 'ec2' | 'ssm' | 'sts';

/** The answer to a caller whose role does not allow the operation, in the words of each service. */
export function accessDenied(service: Service, arn: string, action: string, resource = '*'): ApiError {
  const detail = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
  switch (service) {
    case 'ec2':
      return new ApiError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${detail}`,
        403,
      );
    case 'ssm':
      return new ApiError('AccessDeniedException', detail, 400);
    case 'sts':
      return new ApiError('AccessDenied', detail, 403);
  }
}

/** Throttled: EC2 says RequestLimitExceeded with 503, SSM ThrottlingException with 400, STS Throttling with 400. */
export function throttled(service: Service): ApiError {
  switch (service) {
    case 'ec2':
      return new ApiError('RequestLimitExceeded', 'Request limit exceeded.', 503);
    case 'ssm':
      return new ApiError('ThrottlingException', 'Rate exceeded', 400);
    case 'sts':
      return new ApiError('Throttling', 'Rate exceeded', 400);
  }
}

/** A 5xx of the service's own making. */
export function serverError(service: Service, status: 500 | 503): ApiError {
  if (status === 503) {
    const code = service === 'ec2' ? 'Unavailable' : 'ServiceUnavailable';
    return new ApiError(code, 'The service is unavailable. Please try again shortly.', 503);
  }
  const code =
    service === 'ssm' ? 'InternalServerError' : service === 'ec2' ? 'InternalError' : 'InternalFailure';
  return new ApiError(code, 'An internal error has occurred', 500);
}

/** A signature that does not match, with what was signed: the session token stands in it. */
export function signatureRefused(service: Service, token = ''): ApiError {
  const code = service === 'ssm' ? 'InvalidSignatureException' : 'SignatureDoesNotMatch';
  return new ApiError(
    code,
    `The request signature we calculated does not match the signature you provided. The canonical string should have been 'POST / x-amz-security-token:${token}'`,
    service === 'ssm' ? 400 : 403,
  );
}
