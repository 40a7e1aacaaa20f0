/** What every email looks like. Plain tables-free HTML, no pictures, nothing fetched. */
export const emailLayout = `<!doctype html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ subject }}</title></head>
<body style="margin:0;background:#f4f5f7;color:#1c1e21;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:32px 24px;background:#ffffff">
{{ body | raw }}
</div>
</body>
</html>
`;
