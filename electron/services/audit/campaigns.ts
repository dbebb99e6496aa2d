import { setImmediate as others } from 'node:timers/promises';
import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import type { CampaignSnapshot } from '#shared/model/audit.ts';
import type { Coverage } from '#shared/model/coverage.ts';
import { type Audit, readRules } from '../../core/audit/index.ts';
import { campaignSnapshot, campaignStatus, readCampaign, readSnapshots } from '../../core/campaign/index.ts';

/** Snapshots that are shown and kept; a campaign that is counted daily has as many in 27 years. */
const MOST = 10_000;

interface CampaignParts {
  /** The audit of the list as it stands. */
  readonly audit: () => Promise<Audit>;
  readonly coverage: () => Coverage;
}

/** How far campaigns are, by the list; and the texts that people keep of them and of rules. */
export class Campaigns {
  readonly #parts: CampaignParts;

  constructor(parts: CampaignParts) {
    this.#parts = parts;
  }

  readonly requests: Pick<PageHandlers['audit'], 'campaignView'> = {
    campaignView: async ({ text, snapshots }) => {
      const campaign = readCampaign(text);
      // Of another campaign: its lines would be taken for a burn-down of this one.
      const before = readSnapshots(snapshots ?? '')
        .filter((each) => each.campaign === campaign.name)
        .slice(-MOST);
      const now = await this.#count(text);
      const { verdict, expected } = campaignStatus(campaign, [...before, now], campaign.deadline, Date.now());
      return { name: campaign.name, deadline: campaign.deadline, verdict, expected, snapshots: before, now };
    },
  };

  readonly hostRequests: Pick<HostHandlers['audit'], 'campaign' | 'textFile'> = {
    campaign: ({ text }) => this.#count(text),
    textFile: async ({ kind, text }) => {
      if (kind === 'rules') readRules(text);
      else readSnapshots(text);
      return {
        name: kind === 'rules' ? 'rewrap-rules.yaml' : 'campaign.snapshots.jsonl',
        type: kind === 'rules' ? 'application/yaml' : 'application/jsonl',
        bytes: new TextEncoder().encode(text),
      };
    },
  };

  async #count(text: string): Promise<CampaignSnapshot> {
    const campaign = readCampaign(text);
    const audit = await this.#parts.audit();
    const { files, skipped } = this.#parts.coverage();
    const cover = {
      read: files.read,
      // What git keeps beside the files is no part of a campaign: its history cannot be changed.
      skipped: skipped.reduce(
        (sum, { code, count }) => sum + (code === 'git' || code === 'link-inside' ? 0 : count),
        0,
      ),
    };
    return campaignSnapshot(campaign, audit, cover, Date.now(), () => others());
  }
}
