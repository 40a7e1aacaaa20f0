import { Tabs } from '@mantine/core';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

const places = [
  { to: '/alerts', key: 'quiet.nav_alerts' },
  { to: '/incidents', key: 'quiet.nav_incidents' },
  { to: '/maintenance', key: 'quiet.nav_maintenance' },
  { to: '/alert-notices', key: 'quiet.nav_notices' },
  { to: '/alert-settings', key: 'alertSettings.nav_settings' },
] as const;

/** From the alerts to what puts them together, keeps them quiet, and tells of them. */
export function AlertsNav() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (
    <Tabs
      mb="md"
      value={pathname}
      onChange={(to) => {
        const place = places.find((one) => one.to === to);
        if (place !== undefined) {
          void navigate({ to: place.to });
        }
      }}
    >
      <Tabs.List style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
        {places.map(({ to, key }) => (
          <Tabs.Tab key={to} value={to}>
            {t(key)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}
