import { CreateTagsCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { QueryShapeSerializer } from '@aws-sdk/core/protocols';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { readQueryInput } from '../../sandbox/aws/wire/query-reader.ts';
import { operationSchemas } from '../../sandbox/aws/wire/schemas.ts';
import { patcher, simulator } from './support.ts';

/** Any text that XML 1.0 can carry. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((s) => s.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''));
const filters = fc.array(fc.record({ Name: text, Values: fc.array(text, { minLength: 1, maxLength: 4 }) }), {
  minLength: 1,
  maxLength: 4,
});

test('what the SDK writes as an EC2 query is read back as it was', () => {
  const { input } = operationSchemas('ec2', 'DescribeInstances');
  const shape = fc.record(
    {
      Filters: filters,
      InstanceIds: fc.array(text, { minLength: 1 }),
      DryRun: fc.boolean(),
      MaxResults: fc.nat(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(shape, (value) => {
      const serializer = new QueryShapeSerializer({
        timestampFormat: { useTrait: true, default: 5 },
        capitalizeKeys: true,
        flattenLists: true,
        serializeEmptyLists: false,
        ec2: true,
      });
      serializer.write(input, value);
      expect(readQueryInput(input, new URLSearchParams(String(serializer.flush())), 'ec2')).toEqual(value);
    }),
  );
});

test('any text survives the way into EC2 and back', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ec2 } = await patcher(sim);
  const { id } = sim.control.instance('linux-1');
  await fc.assert(
    fc.asyncProperty(text, async (Value) => {
      await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'note', Value }] }));
      expect(sim.control.instance(id).tags['note']).toBe(Value);
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const tag = Reservations?.[0]?.Instances?.[0]?.Tags?.find((t) => t.Key === 'note');
      // XML readers turn line ends into \n, which is XML's own rule.
      expect(tag?.Value ?? '').toBe(Value.replace(/\r\n?/g, '\n'));
    }),
    { numRuns: 60 },
  );
});

test('any text survives the way into SSM and back', async () => {
  const sim = await simulator({ fleet: smallFleet({ linux: 1 }) });
  const { ssm } = await patcher(sim);
  const { id } = sim.control.instance('linux-1');
  await fc.assert(
    fc.asyncProperty(text, async (Comment) => {
      const { Command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds: [id],
          Parameters: { Operation: ['Scan'] },
          Comment: Comment.slice(0, 100),
        }),
      );
      const { Commands } = await ssm.send(new ListCommandsCommand({ CommandId: Command?.CommandId }));
      expect(Commands?.[0]?.Comment).toBe(Comment.slice(0, 100));
    }),
    { numRuns: 40 },
  );
});
