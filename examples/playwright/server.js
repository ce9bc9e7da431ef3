// A shop on localhost:4173 and its API on localhost:4174: another port is another origin.
const http = require('node:http');

const page = `<!doctype html>
<title>Shop</title>
<h1>Lamp</h1>
<p id="price">…</p>
<button>Into the cart</button>
<p id="cart">empty</p>
<script>
  const api = 'http://localhost:4174';
  const show = (id, text) => { document.getElementById(id).textContent = text; };
  fetch(api + '/price').then((answer) => answer.text()).then((text) => show('price', text));
  document.querySelector('button').onclick = () =>
    fetch(api + '/cart', { method: 'PUT' })
      .then(() => show('cart', 'one lamp'), () => show('cart', 'That did not work, please try again.'));
</script>`;

http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
}).listen(4173, 'localhost');

http.createServer((request, response) => {
  // The mistake: PUT needs a preflight, and its answer does not name the method.
  response.setHeader('Access-Control-Allow-Origin', 'http://localhost:4173');
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') response.statusCode = 204;
  response.end(request.url === '/price' ? '12 €' : '');
}).listen(4174, 'localhost');
