// A shop on localhost:4173, and its API one port above: another port is another origin.
const http = require('node:http');

const port = Number(process.env.PORT || 4173);

const page = `<!doctype html>
<title>Shop</title>
<h1>Lamp</h1>
<p id="price">…</p>
<button>Into the cart</button>
<p id="cart">empty</p>
<script>
  const api = 'http://localhost:${port + 1}';
  const show = (id, text) => { document.getElementById(id).textContent = text; };
  fetch(api + '/price').then((answer) => answer.text()).then((text) => show('price', text));
  document.querySelector('button').onclick = () =>
    fetch(api + '/cart', { method: 'PUT' })
      .then(() => show('cart', 'one lamp'), () => show('cart', 'That did not work, please try again.'));
</script>`;

http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
}).listen(port, 'localhost');

http.createServer((request, response) => {
  // The mistake: PUT needs a preflight, and its answer does not name the method.
  response.setHeader('Access-Control-Allow-Origin', `http://localhost:${port}`);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') response.statusCode = 204;
  response.end(request.url === '/price' ? '12 €' : '');
}).listen(port + 1, 'localhost');
