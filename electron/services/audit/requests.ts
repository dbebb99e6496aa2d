import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { notHere } from '../not-here.ts';
import type { Services } from '../services.ts';

export function auditHandlers({ audit }: Services): PageHandlers['audit'] {
  return {
    summary: async () => {
      await audit.prepare();
      return audit.summary();
    },
    findings: async ({ offset, limit }) => audit.findings(offset, limit),
    members: async ({ of, offset, limit }) => {
      const all = audit.members(of);
      return { total: all.length, blobIds: all.slice(offset, offset + limit) };
    },
    deletion: async ({ key }) => {
      await audit.askKeys(false, { also: key });
      return audit.deletion(key);
    },
    askKeys: ({ refresh, all }) => audit.askKeys(refresh, { all }),
    suppress: async ({ id, reason, until }) => {
      audit.suppress(id, reason, until);
      return {};
    },
    unsuppress: async ({ id }) => {
      audit.unsuppress(id);
      return {};
    },
    rules: async () => audit.rules(),
    setRules: async ({ text, name }) => {
      audit.setRules(text, name, true);
      return audit.rules();
    },
    export: () => notHere('hand out reports'),
  };
}

export function auditHostHandlers({ audit, reports }: Services): HostHandlers['audit'] {
  return {
    report: async ({ subject, format }) => {
      const key =
        subject.of === 'deletion' ? subject.key : subject.of === 'audit' ? subject.ifDeleted : undefined;
      if (subject.of === 'audit' || subject.of === 'deletion')
        await audit.askKeys(false, key === undefined ? {} : { also: key });
      const { name, type, bytes } = await reports.make(subject, format);
      return { name, type, bytes };
    },
    useRules: async ({ text, name }) => {
      audit.setRules(text, name, false);
      return {};
    },
  };
}
