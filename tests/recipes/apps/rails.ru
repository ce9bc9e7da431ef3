require "logger"
require "rails"
require "action_controller/railtie"
require "rack/cors"

class Api < Rails::Application
  config.eager_load = false
  config.secret_key_base = "test"
  config.consider_all_requests_local = false
  config.logger = Logger.new(File::NULL)
  config.hosts.clear
end
Api.instance
# @RECIPE@
class Authenticate
  def initialize(app) = @app = app
  def call(env) = env["PATH_INFO"] == "/v1/secret" ? [401, {}, ["who are you?"]] : @app.call(env)
end
Rails.application.config.middleware.use Authenticate
class PagesController < ActionController::Base
  def items
    response.set_header("X-Total", "3")
    # By hand, and half right.
    response.set_header("Access-Control-Allow-Origin", "*")
    response.set_header("Access-Control-Allow-Credentials", "true")
    response.set_header("Access-Control-Expose-Headers", "X-Other")
    response.set_header("Access-Control-Max-Age", "9")
    response.set_header("Vary", "Accept-Encoding")
    render json: []
  end
  def broken = raise("broken")
end
Rails.application.initialize!
Rails.application.routes.draw do
  match "/v1/items", to: "pages#items", via: [:get, :put, :post]
  match "/v1/broken", to: "pages#broken", via: [:get, :put, :post]
end
run Rails.application
