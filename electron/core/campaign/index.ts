/** Campaigns: what must be left by when, by owner, and how far it is. */
export { campaignSnapshot, campaignStatus, readCampaign, readSnapshots } from './campaign.ts';
