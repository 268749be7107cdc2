import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { ApiError } from './api-error.ts';
import type { OperationSchemas } from './schemas.ts';

const NAMESPACE = {
  ec2: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

/** RFC 3339 date-time, the default of both XML protocols. */
const DATE_TIME = 5;

const serializer = new XmlShapeSerializer({
  xmlNamespace: '',
  serviceNamespace: '',
  timestampFormat: { useTrait: true, default: DATE_TIME },
});

/** The members of the output shape as XML, without the element around them. */
function members(operation: OperationSchemas, output: unknown): string {
  if (!operation.output.isStructSchema()) return '';
  serializer.write(operation.output, output);
  const xml = String(serializer.flush());
  return xml.replace(/^<[^>]*\/>$|^<[^>]*>|<\/[^>]*>$/g, '');
}

/** EC2 puts requestId and the members side by side; operations without output say `<return>true</return>`. */
export function ec2Answer(operation: OperationSchemas, output: unknown, requestId: string): string {
  const body = operation.output.isStructSchema() ? members(operation, output) : '<return>true</return>';
  const root = `${operation.name}Response`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE.ec2}"><requestId>${requestId}</requestId>${body}</${root}>`;
}

/** The Query protocol nests the members in `<NameResult>` and adds ResponseMetadata. */
export function stsAnswer(operation: OperationSchemas, output: unknown, requestId: string): string {
  const { name } = operation;
  return (
    `<${name}Response xmlns="${NAMESPACE.sts}"><${name}Result>${members(operation, output)}</${name}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`
  );
}

export function ec2Error(error: ApiError, requestId: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${escapeXml(error.code)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
  );
}

export function stsError(error: ApiError, requestId: string): string {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  return (
    `<ErrorResponse xmlns="${NAMESPACE.sts}"><Error><Type>${type}</Type><Code>${escapeXml(error.code)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
