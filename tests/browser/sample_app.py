"""The application as shipped, over a fresh knowledge base in the current folder: run with a port."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chatbot.assemble import build_chatbot
from chatbot.settings import Settings
from ui.app import launch

if __name__ == "__main__":
    launch(build_chatbot(Settings()), host="127.0.0.1", port=int(sys.argv[1]))
