import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { ProblemError } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Trouble } from '../components/states.tsx';
import { SignInPage } from '../pages/sign-in.tsx';
import { WelcomePage } from '../pages/welcome.tsx';
import { Shell } from './shell.tsx';

/** Nobody gets past without a session, or a link that gives one. */
export function Gate() {
  const { pathname } = useLocation();
  const session = useQuery({ ...queries.session(), enabled: pathname !== '/welcome' });
  if (pathname === '/welcome') {
    return <WelcomePage />;
  }
  if (session.error instanceof ProblemError && session.error.status === 401) {
    return <SignInPage />;
  }
  if (session.data) {
    return <Shell user={session.data.user} />;
  }
  return (
    <Center h="100vh" p="md">
      {session.error ? <Trouble error={session.error} retry={() => session.refetch()} /> : <Loader />}
    </Center>
  );
}
