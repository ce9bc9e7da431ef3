<?php
require '@LIBRARIES@/Illuminate/autoload.php';

use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Exceptions\Handler;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Middleware\HandleCors;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        // @RECIPE@
        $api = function (Request $request) {
            // By hand, and half right.
            header('Access-Control-Allow-Origin: *');
            header('Access-Control-Max-Age: 9');
            return new JsonResponse([], 200, ['X-Total' => '3', 'Vary' => 'Accept-Encoding']);
        };
        $this->app['router']->any('v1/items', $api);
        $this->app['router']->any('v1/broken', fn () => throw new RuntimeException('broken'));
    }
}

class ByHand
{
    public function handle(Request $request, Closure $next)
    {
        if (! $request->is('v1/items', 'v1/broken')) {
            return $next($request);
        }
        $response = $request->isMethod('OPTIONS') ? new Response() : $next($request);
        $response->headers->set('Access-Control-Allow-Origin', [$request->header('Origin', '*'), '*']);
        $response->headers->set('Access-Control-Allow-Credentials', 'true');
        $response->headers->set('Access-Control-Allow-Methods', 'GET, PATCH');
        $response->headers->set('Access-Control-Allow-Headers', 'x-not-listed');
        $response->headers->set('Access-Control-Expose-Headers', 'X-Other');
        return $response;
    }
}

class Authenticate
{
    public function handle(Request $request, Closure $next)
    {
        return $request->is('v1/secret') ? new Response('who are you?', 401) : $next($request);
    }
}

class Api extends Illuminate\Foundation\Http\Kernel
{
    // Laravel puts HandleCors in, and what was there before it often stands before it.
    protected $middleware = [ByHand::class, Authenticate::class, HandleCors::class];
}

class Errors extends Handler
{
    protected $dontReport = [Throwable::class];

    protected function shouldReturnJson($request, Throwable $error)
    {
        return true;
    }
}

$app = new Application('@FOLDER@');
$app->singleton(Kernel::class, Api::class);
$app->singleton(ExceptionHandler::class, Errors::class);
$kernel = $app->make(Kernel::class);
$response = $kernel->handle($request = Request::capture());
$response->send();
$kernel->terminate($request, $response);
