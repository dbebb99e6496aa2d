import { Cloud, FlaskConical } from 'lucide-react';
import { isPractice } from '../../lib/connection.ts';
import { useConnection } from '../../store/connection.ts';

/** Practice or real, Region and account: the sheet covers the top bar, and this must stay in sight. */
export function ConnectionBadge() {
  const connection = useConnection((state) => state.connection);
  if (connection === null) return null;
  const practice = isPractice(connection);
  const Icon = practice ? FlaskConical : Cloud;
  const parts = [practice ? 'Practice KMS' : 'AWS', connection.region, connection.identity?.account];
  return (
    <span className={practice ? 'badge badge-practice' : 'badge'}>
      <Icon className="icon icon-small" aria-hidden="true" />
      {parts.filter((part) => part !== null && part !== undefined).join(' · ')}
    </span>
  );
}
