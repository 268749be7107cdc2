/** What clicks do whose card or modal is older than the run, or was written by something else. */
import type { ModalView } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { ACTION, ANSWER_PREFIX, encode, readViewMeta } from '../../src/slack/button-value.ts';
import type { Message } from '../../src/slack/card.ts';
import { allChosen, CLICK_HANDLERS, type Click } from '../../src/slack/clicks.ts';
import type { StateValues } from '../../src/slack/payloads.ts';
import { recordingLog } from './support/bench.ts';
import { FakeService } from './support/fake-service.ts';
import { APPROVER, CHANNEL, HASH, NOW, runView } from './support/run-views.ts';

const RUN = { v: 1, runId: 'k3f9', planHash: HASH } as const;
const META = { ...RUN, channel: CHANNEL, page: 0, chosen: '' } as const;

/** Clicks as an approver, on a workflow with that run; what the person was shown afterwards. */
function bench(view = runView({ size: 500 })) {
  const service = new FakeService([view]);
  const replies: Message[] = [];
  const opened: ModalView[] = [];
  const updated: ModalView[] = [];
  let slackOpens = true;
  const edge = {
    service,
    environments: [],
    landingZones: [],
    teamId: 'T',
    now: () => NOW,
    log: recordingLog(),
    cardLink: () => null,
  };
  const asked = {
    actor: { userId: APPROVER, teamId: 'T', channelId: CHANNEL, once: 'click-1' },
    reply: async (message: Message) => void replies.push(message),
    openView: async (modal: ModalView) => {
      opened.push(modal);
      return slackOpens ? { id: 'V1', hash: 'h' } : null;
    },
    updateView: async (_: unknown, modal: ModalView) => updated.push(modal) > 0,
  };
  const click = async (action: string, of: Partial<Click>) => {
    const handler = CLICK_HANDLERS.get(action);
    if (!handler) throw new Error(`nothing handles ${action}`);
    await handler(edge, asked, { value: undefined, view: null, ...of });
  };
  const turn = (value: string, metadata: string, values: StateValues = {}) =>
    click(ACTION.pageNext, { value, view: { opened: { id: 'V1', hash: 'h' }, metadata, values } });
  const noModal = () => {
    slackOpens = false;
  };
  return { service, replies, opened, updated, click, turn, noModal };
}

const chosen = (page: number, ...positions: (number | string)[]): StateValues =>
  ({
    [`targets_page_${page}`]: {
      targets_chosen: { selected_options: positions.map((value) => ({ value: String(value) })) },
    },
  }) as unknown as StateValues;
/** Positions as a modal carries them. */
const carried = (...positions: number[]) => positions.map((n) => n.toString(36)).join(',');
const text = (shown: object | undefined) => JSON.stringify(shown);
const title = (modal: ModalView | undefined) => modal?.title.text;
const ALL = 'All instances';
const EXCLUDE = 'Exclude instances';

const OF_THE_CARD = [ACTION.approve, ACTION.reject, ACTION.exclude, ACTION.viewAll, ACTION.stop];

describe('a button with a value that this release did not write', () => {
  it.each([...OF_THE_CARD, ACTION.secondConfirmation, `${ANSWER_PREFIX}give_up`])(
    '(%s) does nothing, and says so',
    async (action) => {
      for (const value of [undefined, '', 'k3f9', JSON.stringify({ ...RUN, v: 2 })]) {
        const { click, service, replies, opened } = bench();
        await click(action, { value });
        expect(replies).toHaveLength(1);
        expect(text(replies[0])).toContain('This button is from an earlier release of Patchday');
        expect(service.asked).toEqual([]);
        expect(opened).toEqual([]);
      }
    },
  );

  it.each(['-1', '1.5', 'next'])('turns no page (%s)', async (value) => {
    const { turn, replies, updated } = bench();
    await turn(value, encode(META));
    expect(text(replies[0])).toContain('This button is from an earlier release of Patchday');
    expect(updated).toEqual([]);
  });

  it('turns no page of a modal of which nothing is known, or outside one', async () => {
    const { turn, click, replies, updated } = bench();
    await turn('1', 'not ours');
    await click(ACTION.pageNext, { value: '1' });
    expect(replies.map((reply) => text(reply)?.includes('earlier release'))).toEqual([true, true]);
    expect(updated).toEqual([]);
  });
});

describe('a button of a run that is not known any more', () => {
  it.each([ACTION.reject, ACTION.exclude, ACTION.viewAll, ACTION.secondConfirmation])(
    '(%s) opens nothing, and says so',
    async (action) => {
      const { click, service, replies, opened } = bench();
      await click(action, { value: encode({ ...RUN, runId: 'gone' }) });
      expect(text(replies[0])).toContain('That run is not known any more. Nothing was changed.');
      expect(opened).toEqual([]);
      expect(service.asked).toEqual([]);
    },
  );

  it('turns no page, and says so in the modal', async () => {
    const { turn, updated } = bench();
    await turn('1', encode({ ...META, runId: 'gone' }));
    expect(text(updated[0])).toContain('That run is not known any more.');
    expect(title(updated[0])).toBe(ALL);
  });

  it.each([
    [ACTION.exclude, EXCLUDE],
    [ACTION.viewAll, ALL],
  ])('(%s) says so when it went while it was looked up', async (action, called) => {
    const { click, service, updated } = bench();
    const released = Promise.withResolvers<void>();
    service.stall = released.promise;
    const done = click(action, { value: encode(RUN) });
    service.views.clear();
    released.resolve();
    await done;
    expect(text(updated[0])).toContain('That run is not known any more.');
    expect(title(updated[0])).toBe(called);
  });
});

describe('a button of a plan that is not the newest', () => {
  it('approves nothing: the workflow is told which plan was seen', async () => {
    const { click, service } = bench();
    await click(ACTION.approve, { value: encode({ ...RUN, planHash: 'older' }) });
    expect(service.of('approve').map((a) => a.request)).toEqual([{ runId: 'k3f9', planHash: 'older' }]);
    expect(service.done).toEqual([]);
  });

  it('offers nothing to exclude', async () => {
    const { click, updated } = bench();
    await click(ACTION.exclude, { value: encode({ ...RUN, planHash: 'older' }) });
    expect(text(updated[0])).toContain(
      'The plan has changed since that card was shown. Nothing was changed now.',
    );
    expect(updated[0]?.callback_id).toBe('modal_message');
    expect(title(updated[0])).toBe(EXCLUDE);
  });

  it('turns no page of the exclusions', async () => {
    const { turn, updated } = bench();
    await turn('1', encode({ ...META, planHash: 'older' }), chosen(0, 1));
    expect(text(updated[0])).toContain('The plan has changed since that card was shown.');
    expect(updated[0]?.callback_id).toBe('modal_message');
    expect(title(updated[0])).toBe(EXCLUDE);
  });
});

describe('a modal', () => {
  it.each([
    [ACTION.reject, 'modal_reject', 'Reject run'],
    [ACTION.secondConfirmation, 'modal_second_confirmation', 'Confirm a large run'],
    [ACTION.exclude, 'modal_loading', EXCLUDE],
    [ACTION.viewAll, 'modal_loading', ALL],
  ])(
    'opened with %s carries the run, the plan that was seen and the channel',
    async (action, callback, called) => {
      const { click, opened } = bench();
      await click(action, { value: encode(RUN) });
      expect(opened[0]?.callback_id).toBe(callback);
      expect(title(opened[0])).toBe(called);
      expect(readViewMeta(opened[0]?.private_metadata)).toEqual(META);
    },
  );

  it('that Slack does not open is not filled, and nobody is asked who may look', async () => {
    const { click, noModal, service, updated } = bench();
    noModal();
    await click(ACTION.viewAll, { value: encode(RUN) });
    expect(service.asked).toEqual([]);
    expect(updated).toEqual([]);
  });

  it('takes along from page to page what was chosen', async () => {
    const { turn, updated } = bench();
    await turn('2', encode({ ...META, page: 1, chosen: carried(1, 201) }), chosen(1, 250));
    // 201 was on that page and is not chosen any more.
    expect(readViewMeta(updated[0]?.private_metadata)).toMatchObject({ page: 2, chosen: carried(1, 250) });
  });

  it('goes back to its first page', async () => {
    const { click, updated } = bench();
    const view = { opened: { id: 'V1', hash: 'h' }, metadata: encode({ ...META, page: 1 }), values: {} };
    await click(ACTION.pagePrevious, { value: '0', view });
    expect(readViewMeta(updated[0]?.private_metadata)).toMatchObject({ page: 0 });
    expect(title(updated[0])).toBe(ALL);
  });

  it('says so when more was chosen than it can carry, and how else to go on', async () => {
    const { turn, updated } = bench(runView({ size: 1200 }));
    const many = Array.from({ length: 900 }, (_, i) => (200 + i).toString(36))
      .join(',')
      .slice(0, 2599);
    await turn(
      '1',
      encode({ ...META, chosen: many }),
      chosen(0, ...Array.from({ length: 200 }, (_, i) => i)),
    );
    expect(text(updated[0])).toContain('These are more than can be chosen at once. Nothing was changed.');
    expect(updated[0]?.callback_id).toBe('modal_message');
    expect(title(updated[0])).toBe(EXCLUDE);
  });

  it('counts what is chosen once, in order, and nothing that is no position', () => {
    expect(
      allChosen(
        { ...META, page: 1, chosen: carried(35, 1, 199, 200, 399, 400) },
        chosen(1, 399, 250, 250, 'x', -1, 1.5),
      ),
    ).toEqual([1, 35, 199, 250, 399, 400]);
    expect(allChosen({ ...META, page: 0, chosen: carried(0, 199, 200) }, {})).toEqual([200]);
  });
});

describe('a click that acts', () => {
  it('asks for a second confirmation of a large run, for that very plan', async () => {
    const { click, replies, service } = bench();
    await click(ACTION.approve, { value: encode(RUN) });
    expect(service.done).toEqual([]);
    expect(text(replies[0])).toContain('This is a large run. Nothing was changed yet.');
    expect(text(replies[0])).toContain(JSON.stringify(encode(RUN)).slice(1, -1));
  });

  it('asks nothing more when the answer is final, yes or no', async () => {
    for (const { view, planHash, says } of [
      { view: runView({ size: 3 }), planHash: HASH, says: 'Approved. The run begins' },
      { view: runView({ size: 500 }), planHash: 'older', says: 'The plan has changed' },
    ]) {
      const { click, replies } = bench(view);
      await click(ACTION.approve, { value: encode({ ...RUN, planHash }) });
      expect(text(replies[0])).toContain(says);
      expect(text(replies[0])).not.toContain('second_confirmation');
    }
  });

  it('stops with a reason that says how', async () => {
    const { click, service, replies } = bench();
    await click(ACTION.stop, { value: encode(RUN) });
    expect(service.of('stop').map((a) => a.request)).toEqual([
      { runId: 'k3f9', reason: 'stopped with the button on the card' },
    ]);
    expect(text(replies[0])).toContain('Done: stop k3f9');
  });

  it('answers the question that was asked, and no other', async () => {
    const { click, service } = bench();
    const value = encode({ v: 1, tag: 'patchday k3f9 stop w1 a1', answer: 'leave_on' });
    await click(`${ANSWER_PREFIX}leave_on`, { value });
    expect(service.of('answer').map((a) => a.request)).toEqual([
      { tag: 'patchday k3f9 stop w1 a1', answer: 'leave_on' },
    ]);
  });
});
