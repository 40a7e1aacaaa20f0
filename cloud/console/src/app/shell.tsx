import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  Text,
  Title,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconBell,
  IconBriefcase,
  IconChartBar,
  IconCpu,
  IconHistory,
  IconKey,
  IconLanguage,
  IconLayoutDashboard,
  IconLogout,
  IconMap2,
  IconMessage,
  IconMoon,
  IconRoute,
  IconRouter,
  IconRuler,
  IconSend,
  IconStack2,
  IconSun,
  IconTool,
  IconUserCircle,
  IconUserCog,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type LiveState, useLiveUpdates } from '../api/live.ts';
import { useSignOut } from '../api/session.ts';
import type { SessionUser } from '../api/types.ts';
import { chooseLanguage, type Language, languages } from '../i18n/index.ts';

const places = [
  { to: '/', key: 'overview', icon: IconLayoutDashboard },
  { to: '/devices', key: 'devices', icon: IconCpu },
  { to: '/map', key: 'map', icon: IconMap2 },
  { to: '/alerts', key: 'alerts', icon: IconBell },
  { to: '/cases', key: 'cases', icon: IconBriefcase },
  { to: '/work-orders', key: 'workOrders', icon: IconTool },
  { to: '/commands', key: 'commands', icon: IconSend },
  { to: '/jobs', key: 'jobs', icon: IconStack2 },
  { to: '/reports', key: 'reports', icon: IconChartBar },
  { to: '/messages', key: 'messages', icon: IconMessage },
  { to: '/journeys', key: 'journeys', icon: IconRoute },
  { to: '/customers', key: 'customers', icon: IconUsers },
  { to: '/categories', key: 'categories', icon: IconRuler },
  { to: '/gateways', key: 'gateways', icon: IconRouter },
  { to: '/audit', key: 'audit', icon: IconHistory, permission: 'audit:inspect' },
  { to: '/users', key: 'users', icon: IconUserCog, permission: 'users:manage' },
  { to: '/api-keys', key: 'apiKeys', icon: IconKey, permission: 'users:manage' },
] as const;

/** Nobody is led to where they may not be. */
const placesOf = (user: SessionUser) =>
  places.filter((place) => !('permission' in place) || user.permissions.includes(place.permission));

/** Pages that belong to one of these places though their address says otherwise. */
const alsoUnder: Readonly<Record<string, readonly string[]>> = {
  '/alerts': ['/incidents', '/maintenance', '/alert-notices', '/alert-settings'],
};

function isActive(to: string, pathname: string): boolean {
  return to === '/'
    ? pathname === '/'
    : [to, ...(alsoUnder[to] ?? [])].some((place) => pathname.startsWith(place));
}

/** The frame of every page behind the sign-in. It holds the one live stream. */
export function Shell({ user }: { user: SessionUser }) {
  const [opened, { toggle, close }] = useDisclosure();
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const live = useLiveUpdates();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 210, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.menu')} />
            <img src="/icon.svg" width={26} height={26} alt="" />
            <Title order={1} size="h3" style={{ whiteSpace: 'nowrap' }}>
              {t('app.name')}
            </Title>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveBadge state={live} />
            <Preferences />
            <Account user={user} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" style={{ overflowY: 'auto' }}>
        {placesOf(user).map(({ to, key, icon: Icon }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={t(`nav.${key}`)}
            leftSection={<Icon size={18} stroke={1.6} />}
            active={isActive(to, pathname)}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function LiveBadge({ state }: { state: LiveState }) {
  const { t } = useTranslation();
  const color = state === 'live' ? 'green' : state === 'away' ? 'red' : 'gray';
  return (
    <Tooltip label={state === 'away' ? t('common.offlineText') : t(`live.${state}`)} multiline maw={260}>
      <Badge variant="dot" color={color} data-testid="live-state" data-state={state}>
        {t(`live.${state}`)}
      </Badge>
    </Tooltip>
  );
}

function Preferences() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  return (
    <Group gap={4} visibleFrom="xs" wrap="nowrap">
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('nav.language')}>
            <IconLanguage size={19} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(languages) as Language[]).map((language) => (
            <Menu.Item key={language} onClick={() => chooseLanguage(language)}>
              {languages[language]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('nav.theme')}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        {scheme === 'dark' ? <IconSun size={19} stroke={1.6} /> : <IconMoon size={19} stroke={1.6} />}
      </ActionIcon>
    </Group>
  );
}

function Account({ user }: { user: SessionUser }) {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (
    <Group gap={6} wrap="nowrap">
      <Tooltip label={t('people.account')}>
        <Button
          component={Link}
          to="/account"
          variant="subtle"
          color="gray"
          px={8}
          aria-label={t('people.account')}
        >
          <IconUserCircle size={19} stroke={1.6} />
          <Text size="sm" ml={6} visibleFrom="md" component="span">
            {user.name}
          </Text>
        </Button>
      </Tooltip>
      <Tooltip label={t('nav.signOut')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('nav.signOut')}
          loading={signOut.isPending}
          onClick={() => signOut.mutate(undefined)}
        >
          <IconLogout size={19} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
