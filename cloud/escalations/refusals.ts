import { AndonError } from '@andon/shared/kernel';

export function noSuchAlert(): AndonError {
  return new AndonError({
    code: 'escalations.no-such-alert',
    message: 'There is no such alert to escalate.',
    nextStep: 'Look for it in GET /v1/alerts.',
    status: 404,
  });
}

export function remedyUnderWay(): AndonError {
  return new AndonError({
    code: 'escalations.remedy-under-way',
    message: 'A remedy of this fault is tried or verified at this moment.',
    nextStep: 'Wait for its end, or hand the fault to people: POST /v1/alerts/{id}/escalate.',
    status: 409,
  });
}

export function alertIsOver(): AndonError {
  return new AndonError({
    code: 'escalations.alert-over',
    message: 'The alert has cleared or is closed, so nothing could tell whether a remedy helps.',
    nextStep: 'Send the device the command by itself: POST /v1/devices/{id}/commands.',
    status: 409,
  });
}
