/** Somebody who has taken the role of Patchday: real SDK clients with a session of the patch role. */
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import type { AwsSimulator } from '../../sandbox/aws/server.ts';

export interface ForgedCommand {
  instanceIds: readonly string[];
  comment?: string;
  parameters?: Record<string, string[]>;
}

export interface Intruder {
  /** Sends AWS-RunPatchBaseline, the one document that the role may send; the id of the command. */
  send(command: ForgedCommand): Promise<string>;
}

/** Takes the patch role of the first landing zone as the hub may, with a session name like one of Patchday's. */
export async function intruder(sim: AwsSimulator, fleet: FleetDefinition): Promise<Intruder> {
  const [zone] = fleet.zones;
  if (!zone) throw new Error('a fleet needs a landing zone');
  const base = { endpoint: sim.url, region: zone.regions[0] ?? '' };
  const sts = new STSClient({
    ...base,
    credentials: { accessKeyId: fleet.hub.accessKeyIds[0] ?? '', secretAccessKey: 'stolen' },
  });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${zone.accountId}:role/PatchdayPatch`,
      RoleSessionName: 'patchday-k3f9',
      ExternalId: zone.externalId,
    }),
  );
  sts.destroy();
  return {
    async send({ instanceIds, comment, parameters = { Operation: ['Install'] } }) {
      const ssm = new SSMClient({
        ...base,
        credentials: {
          accessKeyId: Credentials?.AccessKeyId ?? '',
          secretAccessKey: Credentials?.SecretAccessKey ?? '',
          sessionToken: Credentials?.SessionToken ?? '',
        },
      });
      const { Command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds: [...instanceIds],
          Parameters: parameters,
          ...(comment === undefined ? {} : { Comment: comment }),
        }),
      );
      ssm.destroy();
      return Command?.CommandId ?? '';
    },
  };
}
