/** The words of what was recorded around an alert, in each language. */
export const recordingEn = {
  frames: 'Frames on the wire around the alert',
  framesIntro:
    'What went between the gateway and the device, byte for byte. Times count from the moment the alert was raised, by the gateway’s clock.',
  noValues: 'No numbers were recorded around this alert.',
  noFrames: 'No frames were recorded around this alert.',
  time: 'Time',
  direction: 'Direction',
  length: 'Length',
  bytes: 'Bytes and text',
  received: 'From device',
  sent: 'To device',
  raisedHere: 'Alert raised at {{time}}',
  earlier: 'Show {{frames}} earlier frames',
  later: 'Show {{frames}} later frames',
  unfold: 'Show all {{bytes}} bytes',
  fold: 'Fold',
  cut: 'Truncated: the first {{kept}} of {{whole}} bytes were kept.',
  lacksBefore: 'Truncated: the gateway keeps the latest frames only, and earlier ones are missing.',
  lacksAfter:
    'Truncated: the gateway keeps the latest frames only, and those right after the alert are missing.',
  valuesTruncated: 'Truncated: not all values fitted into the gateway’s memory.',
  cutOff:
    'The gateway was restarted within the time after the alert: what it could not keep is missing here.',
  cutShort: 'So many alerts were recorded at once that the time after this one ends early.',
};
type Words = Record<keyof typeof recordingEn, string>;

export const recordingEs: Words = {
  frames: 'Tramas en el cable alrededor de la alerta',
  framesIntro:
    'Lo que pasó entre la pasarela y el dispositivo, byte a byte. Los tiempos se cuentan desde que se generó la alerta, según el reloj de la pasarela.',
  noValues: 'No se grabaron números alrededor de esta alerta.',
  noFrames: 'No se grabaron tramas alrededor de esta alerta.',
  time: 'Tiempo',
  direction: 'Dirección',
  length: 'Longitud',
  bytes: 'Bytes y texto',
  received: 'Del dispositivo',
  sent: 'Al dispositivo',
  raisedHere: 'Alerta generada a las {{time}}',
  earlier: 'Mostrar {{frames}} tramas anteriores',
  later: 'Mostrar {{frames}} tramas posteriores',
  unfold: 'Mostrar los {{bytes}} bytes',
  fold: 'Plegar',
  cut: 'Truncada: se guardaron los primeros {{kept}} de {{whole}} bytes.',
  lacksBefore: 'Truncado: la pasarela solo guarda las últimas tramas y faltan las anteriores.',
  lacksAfter:
    'Truncado: la pasarela solo guarda las últimas tramas y faltan las que siguieron justo a la alerta.',
  valuesTruncated: 'Truncado: no todos los valores cupieron en la memoria de la pasarela.',
  cutOff: 'La pasarela se reinició en el tiempo posterior a la alerta: aquí falta lo que no pudo guardar.',
  cutShort: 'Se grababan tantas alertas a la vez que el tiempo posterior a esta termina antes.',
};

export const recordingPt: Words = {
  frames: 'Quadros no fio em torno do alerta',
  framesIntro:
    'O que passou entre o gateway e o dispositivo, byte a byte. Os tempos contam desde que o alerta foi gerado, pelo relógio do gateway.',
  noValues: 'Nenhum número foi gravado em torno deste alerta.',
  noFrames: 'Nenhum quadro foi gravado em torno deste alerta.',
  time: 'Tempo',
  direction: 'Direção',
  length: 'Comprimento',
  bytes: 'Bytes e texto',
  received: 'Do dispositivo',
  sent: 'Ao dispositivo',
  raisedHere: 'Alerta gerado às {{time}}',
  earlier: 'Mostrar {{frames}} quadros anteriores',
  later: 'Mostrar {{frames}} quadros posteriores',
  unfold: 'Mostrar todos os {{bytes}} bytes',
  fold: 'Recolher',
  cut: 'Truncado: foram guardados os primeiros {{kept}} de {{whole}} bytes.',
  lacksBefore: 'Truncado: o gateway guarda apenas os últimos quadros, e faltam os anteriores.',
  lacksAfter:
    'Truncado: o gateway guarda apenas os últimos quadros, e faltam os que vieram logo após o alerta.',
  valuesTruncated: 'Truncado: nem todos os valores couberam na memória do gateway.',
  cutOff: 'O gateway foi reiniciado no tempo após o alerta: aqui falta o que não pôde guardar.',
  cutShort: 'Tantos alertas eram gravados ao mesmo tempo que o tempo após este termina antes.',
};

export const recordingZhHant: Words = {
  frames: '警報前後線路上的訊框',
  framesIntro: '閘道與裝置之間逐位元組的往來。時間以警報發出的時刻為準，依閘道的時鐘。',
  noValues: '這個警報前後沒有記錄數字。',
  noFrames: '這個警報前後沒有記錄訊框。',
  time: '時間',
  direction: '方向',
  length: '長度',
  bytes: '位元組與文字',
  received: '來自裝置',
  sent: '送往裝置',
  raisedHere: '警報於 {{time}} 發出',
  earlier: '顯示更早的 {{frames}} 個訊框',
  later: '顯示之後的 {{frames}} 個訊框',
  unfold: '顯示全部 {{bytes}} 個位元組',
  fold: '收合',
  cut: '已截斷：只保留 {{whole}} 個位元組中的前 {{kept}} 個。',
  lacksBefore: '已截斷：閘道只保留最近的訊框，更早的已缺。',
  lacksAfter: '已截斷：閘道只保留最近的訊框，緊接警報之後的已缺。',
  valuesTruncated: '已截斷：閘道的記憶體容不下所有數值。',
  cutOff: '閘道在警報後的這段時間內重新啟動：來不及保存的部分在此缺少。',
  cutShort: '同時記錄的警報過多，這個警報之後的時間提前結束。',
};
