/** The words of signing in with an OpenID provider, in each language. */
export const providerEn = {
  signInWith: 'Sign in with {{name}}',
  or: 'or',
  refused: 'The sign-in did not work',
  refusal_denied: 'The sign-in was declined at the provider.',
  refusal_expired: 'The sign-in took too long, or was begun in another tab. Try again.',
  refusal_unreachable: 'The sign-in provider does not answer. Try again later, or use a password.',
  refusal_failed:
    'The answer of the sign-in provider could not be accepted. An administrator finds the reason in the log.',
  'refusal_email-not-verified': 'The provider has not verified your email address.',
  'refusal_email-domain': 'Email addresses of your domain are not admitted here.',
  'refusal_no-role': 'You have no role in Andon yet. Ask an administrator to give you one at the provider.',
  'refusal_no-account': 'You have no account here yet. Ask an administrator to invite you.',
  'refusal_email-taken':
    'Somebody with your email address has an account here already. Sign in with its password, or ask an administrator.',
  refusal_disabled: 'Your account is disabled. Ask an administrator.',
  'refusal_last-administrator':
    'You are the last administrator, and the provider would take that role from you. Ask whoever keeps it there.',
};

export const providerEs: typeof providerEn = {
  signInWith: 'Entrar con {{name}}',
  or: 'o',
  refused: 'No se pudo entrar',
  refusal_denied: 'El acceso se rechazó en el proveedor.',
  refusal_expired: 'El acceso tardó demasiado o se empezó en otra pestaña. Inténtelo de nuevo.',
  refusal_unreachable: 'El proveedor de acceso no responde. Inténtelo más tarde o use una contraseña.',
  refusal_failed:
    'La respuesta del proveedor no se pudo aceptar. Un administrador encuentra el motivo en el registro.',
  'refusal_email-not-verified': 'El proveedor no ha verificado su correo electrónico.',
  'refusal_email-domain': 'Aquí no se admiten direcciones de su dominio.',
  'refusal_no-role': 'Aún no tiene un rol en Andon. Pida a un administrador que se lo dé en el proveedor.',
  'refusal_no-account': 'Aún no tiene cuenta aquí. Pida a un administrador que le invite.',
  'refusal_email-taken':
    'Ya hay una cuenta con su correo. Entre con su contraseña o pregunte a un administrador.',
  refusal_disabled: 'Su cuenta está desactivada. Pregunte a un administrador.',
  'refusal_last-administrator':
    'Es el último administrador, y el proveedor le quitaría ese rol. Pregunte a quien lo gestiona allí.',
};

export const providerPt: typeof providerEn = {
  signInWith: 'Entrar com {{name}}',
  or: 'ou',
  refused: 'Não foi possível entrar',
  refusal_denied: 'O acesso foi recusado no provedor.',
  refusal_expired: 'O acesso demorou demais ou começou em outra aba. Tente de novo.',
  refusal_unreachable: 'O provedor de acesso não responde. Tente mais tarde ou use uma senha.',
  refusal_failed:
    'A resposta do provedor não pôde ser aceita. Um administrador encontra o motivo no registro.',
  'refusal_email-not-verified': 'O provedor não verificou seu e-mail.',
  'refusal_email-domain': 'Endereços do seu domínio não são aceitos aqui.',
  'refusal_no-role': 'Você ainda não tem um papel no Andon. Peça a um administrador que o dê no provedor.',
  'refusal_no-account': 'Você ainda não tem conta aqui. Peça a um administrador que o convide.',
  'refusal_email-taken':
    'Já existe uma conta com seu e-mail. Entre com a senha dela ou fale com um administrador.',
  refusal_disabled: 'Sua conta está desativada. Fale com um administrador.',
  'refusal_last-administrator':
    'Você é o último administrador, e o provedor tiraria esse papel. Fale com quem o mantém lá.',
};

export const providerZhHant: typeof providerEn = {
  signInWith: '使用 {{name}} 登入',
  or: '或',
  refused: '無法登入',
  refusal_denied: '登入在提供者處被拒絕。',
  refusal_expired: '登入逾時，或是在另一個分頁開始的。請再試一次。',
  refusal_unreachable: '登入提供者沒有回應。請稍後再試，或使用密碼。',
  refusal_failed: '無法接受登入提供者的回覆。管理員可在記錄中找到原因。',
  'refusal_email-not-verified': '提供者尚未驗證您的電子郵件。',
  'refusal_email-domain': '此處不接受您網域的電子郵件。',
  'refusal_no-role': '您在 Andon 尚無角色。請管理員在提供者處授予。',
  'refusal_no-account': '您在此尚無帳戶。請管理員邀請您。',
  'refusal_email-taken': '此電子郵件已有帳戶。請以其密碼登入，或詢問管理員。',
  refusal_disabled: '您的帳戶已停用。請詢問管理員。',
  'refusal_last-administrator': '您是最後一位管理員，而提供者會取消該角色。請洽其管理者。',
};
