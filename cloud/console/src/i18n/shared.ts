/** The words of what many pages share: what one may not do, and what somebody else did first. */
export const sharedEn = {
  notYours: 'This is not yours to change',
  notYoursText: 'Your role may look, and not change this. Ask an administrator if you need to.',
  readOnly: 'Your role may look at this, and not change it.',
  conflict: 'Somebody else changed this in the meantime',
  conflictText:
    'Nothing of yours was saved. Load what is there now: what you typed stays, the rest becomes what it is now. Then look at it, and save again.',
  takeNow: 'Load what is there now',
  typeToSearch: 'Type to search',
  searching: 'Searching…',
  nothingFound: 'Nothing found',
};

export type SharedWords = typeof sharedEn;

export const sharedEs: SharedWords = {
  notYours: 'Usted no puede cambiar esto',
  notYoursText: 'Su función puede mirar, pero no cambiar esto. Pídaselo a un administrador si lo necesita.',
  readOnly: 'Su función puede ver esto, pero no cambiarlo.',
  conflict: 'Otra persona lo cambió entretanto',
  conflictText:
    'No se guardó nada suyo. Cargue lo que hay ahora: lo que escribió se queda, el resto pasa a ser lo actual. Revíselo y guarde de nuevo.',
  takeNow: 'Cargar lo que hay ahora',
  typeToSearch: 'Escriba para buscar',
  searching: 'Buscando…',
  nothingFound: 'No se encontró nada',
};

export const sharedPt: SharedWords = {
  notYours: 'Isto não é seu para alterar',
  notYoursText: 'A sua função pode ver, mas não alterar isto. Peça a um administrador se precisar.',
  readOnly: 'A sua função pode ver isto, mas não alterá-lo.',
  conflict: 'Outra pessoa alterou isto entretanto',
  conflictText:
    'Nada seu foi guardado. Carregue o que existe agora: o que escreveu fica, o resto passa ao valor atual. Reveja e guarde de novo.',
  takeNow: 'Carregar o que existe agora',
  typeToSearch: 'Escreva para procurar',
  searching: 'A procurar…',
  nothingFound: 'Nada encontrado',
};

export const sharedZhHant: SharedWords = {
  notYours: '您無權變更此處',
  notYoursText: '您的角色可以檢視，但不能變更。如有需要，請洽管理員。',
  readOnly: '您的角色只能檢視，不能變更。',
  conflict: '其他人已先變更了此內容',
  conflictText: '您的內容尚未儲存。載入目前的內容：您輸入的會保留，其餘換成目前的值。確認後再儲存一次。',
  takeNow: '載入目前的內容',
  typeToSearch: '輸入文字搜尋',
  searching: '搜尋中…',
  nothingFound: '找不到符合的項目',
};
