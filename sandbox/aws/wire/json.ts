import { JsonShapeDeserializer, JsonShapeSerializer } from '@aws-sdk/core/protocols';
import { ApiError } from './api-error.ts';
import { type OperationSchemas, ssmErrorMessageMember } from './schemas.ts';

/** Seconds since the epoch, the default of the AWS JSON protocols. */
const EPOCH_SECONDS = 7;
const settings = {
  jsonName: false,
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
} as const;

/** Reads an AWS JSON 1.1 body into the operation's input shape. Throws SerializationException on other text. */
export function readJsonInput(operation: OperationSchemas, body: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new ApiError('SerializationException', 'The request body is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ApiError('SerializationException', 'The request body is not a JSON object');
  }
  if (!operation.input.isStructSchema()) return {};
  const known = operation.input.getMemberSchemas();
  for (const [name, value] of Object.entries(parsed)) {
    const member = known[name];
    if (!member || value === null) continue;
    const fits = member.isListSchema()
      ? Array.isArray(value)
      : member.isStringSchema()
        ? typeof value === 'string'
        : member.isBooleanSchema()
          ? typeof value === 'boolean'
          : member.isNumericSchema()
            ? typeof value === 'number'
            : true;
    if (!fits) throw new ApiError('SerializationException', `The member ${name} has the wrong type`);
  }
  try {
    return new JsonShapeDeserializer(settings).readObject(operation.input, parsed as never);
  } catch (error) {
    throw new ApiError('SerializationException', error instanceof Error ? error.message : String(error));
  }
}

export function jsonAnswer(operation: OperationSchemas, output: unknown): string {
  if (!operation.output.isStructSchema()) return '{}';
  const serializer = new JsonShapeSerializer(settings);
  serializer.write(operation.output, output);
  return serializer.flush();
}

export function jsonError(error: ApiError): string {
  return JSON.stringify({ __type: error.code, [ssmErrorMessageMember(error.code)]: error.message });
}
