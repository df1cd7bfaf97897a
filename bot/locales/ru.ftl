# Всё, что бот говорит по-русски. Люди читают фразы, а не коды.
#
# У каждой вещи одно имя:
#   стиль        вид картины: стиль бота или любая присланная картина
#   фото         то, что рисуют
#   картина      результат; ещё и живопись, присланная как стиль
#   картинка     любое изображение; если движется, анимированное
#   настройки    сила, цвета, мазки, лица, качество, размер
#   видео        как рисовалась картина
#   в работе     картина в очереди или та, что рисуется
#   Настроить, Смешать, Поменять, Сравнить, Рисовать поверх, Сохранить стиль, Стоп, Удалить, Стереть (все данные)
#   На «вы», с ё. Перед % — узкий неразрывный пробел.

-bot = Atelier

## Места самого Telegram

bot-description =
    Пришлите фото, выберите стиль, и я превращу снимок в картину. Стилем может стать любая картина, которая вам нравится. За работой можно наблюдать.
bot-short-description = Превращаю фото в картины, в любом стиле.
language-name = Русский
command-start = Начать
command-paint = Сделать картину из фото, на которое вы отвечаете
command-styles = Все стили, включая ваши
command-status = Картины в работе
command-cancel = Остановить картины в работе
command-settings = Сила, цвета, размер и прочее
command-language = Выбрать язык
command-help = Как это работает
command-privacy = Что я храню и как долго
command-forget = Стереть все ваши данные
command-report = Пожаловаться на картину, на которую вы отвечаете
command-stats = Статистика за сутки
command-broadcast = Отправить всем объявление
command-ban = Заблокировать пользователя
command-unban = Разблокировать пользователя
command-drain = Не начинать новых картин
command-resume = Снова рисовать

## Разговор

start =
    Здравствуйте{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Пришлите фото, и я превращу его в картину.

    Потом выберите стиль или пришлите картину, которая вам нравится. Стиль можно выбрать и заранее.
start-group =
    Здравствуйте{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Ответьте на это сообщение фотографией, и я превращу её в картину. Стиль можно выбрать заранее.
hello-group =
    Здравствуйте! Я превращаю фото в картины.

    Ответьте на фото командой /paint{ $bot } и выберите стиль или сразу назовите его: /paint{ $bot } мозаика. Ещё можно отправить /paint{ $bot } и ответить на моё сообщение фотографией.
hello-group-all =
    Здравствуйте! Я превращаю фото в картины.

    Пришлите фото, упомянув { $bot } в подписи, или ответьте на фото командой /paint{ $bot }. Стиль можно назвать сразу: /paint{ $bot } мозаика.
help =
    1. Пришлите фото. Чтобы сохранить полное разрешение, отправьте его файлом.
    2. Нажмите на стиль, и я начну рисовать. Ещё можно написать название стиля в подписи к фото или прислать как стиль картину или стикер. Все стили: /styles.
    3. «⚙ Настроить» меняет силу, цвета, размер и прочее. Настройки по умолчанию: /settings.

    Картина появляется у вас на глазах. /status показывает, сколько готово, /cancel останавливает. Чтобы взять картинку из переписки, ответьте на неё: напишите стиль или пришлите картину.
privacy =
    Что я храню и как долго:

    • Присланные фото и картины: пока не готова ваша картина, а если она не удалась, ещё день. Оригиналы хранит Telegram, у меня только ссылка на них.
    • Готовые картины, видео и их настройки: ещё несколько дней, чтобы работали кнопки.
    • То, что вы собираетесь нарисовать: 90 дней после последнего изменения.
    • Ваш ID, язык, настройки и сохранённые стили: пока вы не отправите /forget или пока не пройдёт год с вашего последнего обращения.

    Я никому это не передаю и ничего на этом не обучаю. /forget сразу стирает всё. Если вас заблокировали, остаётся только ваш ID.
privacy-count =
    Сколько картин у вас было за последние 24 часа (только число, без самих картин): пока эти часы не пройдут, даже после /forget. Так работает дневной лимит.
privacy-samples =
    В личном чате, пока вы выбираете стиль, я рисую маленькие образцы вашего фото, если есть время. Они хранятся не дольше четверти часа; /forget стирает и их.
privacy-reports =
    На вашу картину может пожаловаться любой, кто её видит. Тогда картину получат те, кто управляет ботом, вместе с вашим ID и ID того, кто пожаловался. Эти сообщения /forget не удаляет.
privacy-guests =
    Если упомянуть меня в чате, где меня нет, я вижу только это сообщение и то, на которое оно отвечает. Картина публикуется там, и /forget её не удаляет.
ask-style = Выберите стиль или пришлите картину, которая вам нравится.
ask-blend = С какой картиной смешать? Пришлите её или выберите стиль.
gallery = Выберите стиль, потом пришлите фото.
ask-style-group = Выберите стиль или ответьте на это сообщение картиной, которая вам нравится.
ask-blend-group = С какой картиной смешать? Выберите стиль или ответьте ею на это сообщение.
gallery-group = Выберите стиль, потом ответьте на моё сообщение фотографией.
my-styles = Ваши сохранённые стили. Нажмите на любой, чтобы выбрать его.
no-styles-yet = Сохранённых стилей пока нет. Пришлите фото и картину, потом нажмите «⚙ Настроить» и «⭐ Сохранить стиль».
no-such-style = Этого стиля сейчас нет. Выберите другой.
style-chosen = Стиль: { $style }. Теперь пришлите фото.
send-a-photo = Пришлите фото, и я превращу его в картину.
style-chosen-group = Стиль: { $style }. Теперь ответьте на это сообщение фотографией.
send-a-photo-group = Ответьте на это сообщение фотографией, и я превращу её в картину.
no-photos-here = Мне нельзя отправлять сюда фото. Это может изменить администратор группы.
no-kind-here = { $kind ->
        [story] Мне нельзя отправлять сюда видео.
        [sticker] Мне нельзя отправлять сюда стикеры.
        [video] Видео — это GIF, а их мне нельзя отправлять сюда.
       *[file] Мне нельзя отправлять сюда файлы.
    } Это может изменить администратор группы.
paint-in-private = В личном чате я всегда могу рисовать для вас.
button-private = 💬 Личный чат
not-here = Я рисую только в чатах, которые выбрал мой владелец.
guest-card = Нарисую это в стиле «{ $style }».
guest-start = Чтобы рисовать здесь, мне нужен личный чат с вами. Откройте его, нажмите «Запустить» и попросите здесь ещё раз.
guest-help = Ответьте на фото моим именем и названием стиля, вот так: { $bot } мозаика
guest-no-style = Стиля «{ $name }» у меня нет. Самые похожие: { $styles }.
guest-voice = Здесь я не могу рисовать для тех, кто пишет от имени группы или канала.
guest-in-private = Картина в стиле «{ $style }» — в личном чате.
guest-stopped = Остановлено.
first-frame = Картинка анимированная, беру первый кадр.
name-it = Как назвать этот стиль?
name-it-group = Как назвать этот стиль? Ответьте названием на это сообщение.
style-kept = Стиль сохранён: «{ $name }». Он есть в /styles. Можно и просто написать его название в подписи к фото.
style-gone = Удалено.
too-many-styles = Сохранённых стилей уже { $most }. Сначала удалите какой-нибудь: /styles.
nothing-to-keep = Сохранять уже нечего. Пришлите фото и картину ещё раз.
tap-paint = Обе картинки получены. Нажмите «🖌 Рисовать» или пришлите другую картину.
ready = Рисуем? Стиль: { $style }.
adjust = Стиль: { $style }
counter-live = { $count ->
        [one] { $count } картина в работе (одновременно до { $limit }).
        [few] { $count } картины в работе (одновременно до { $limit }).
        [many] { $count } картин в работе (одновременно до { $limit }).
       *[other] { $count } картины в работе (одновременно до { $limit }).
    }
counter-today = Картин за последние 24 часа: { $count } из { $limit }.
your-paintings = { $count ->
        [1] присланная картина
        [one] { $count } присланная картина
        [few] { $count } присланные картины
        [many] { $count } присланных картин
       *[other] { $count } присланной картины
    }
lost-style = удалённый стиль
work = { $artist ->
        [none] {""}
       *[other] { $artist },{" "}
    }«{ $title }»{ $year ->
        [none] {""}
       *[other] , { $year }
    }
credit = По мотивам: { $work }{ $owner ->
        [none] {""}
       *[other] . { $owner }
    }
share = Превратите своё фото в картину. Стиль: { $style }
shared = Нарисовано в стиле «{ $style }»
button-paint-mine = 🖌 Хочу так же
button-strength-photo = Сила ●○○
button-strength-balanced = Сила ●●○
button-strength-painting = Сила ●●●
button-colours-painting = ○ Цвета фото
button-colours-mine = ✓ Цвета фото
button-stroke-fine = Мазки ●○○
button-stroke-medium = Мазки ●●○
button-stroke-broad = Мазки ●●●
button-faces-keep = ✓ Сохранять лица
button-faces-paint = ○ Сохранять лица
button-quality-draft = Качество ●○○
button-quality-normal = Качество ●●○
button-quality-fine = Качество ●●●
button-size = ⤢ { $size }{ $time ->
        [none] {""}
       *[other] {" "}· ≈ { $time }
    }
size-384 = Маленький
size-512 = Средний
size-768 = Большой
size-1024 = Очень большой
size-1536 = Огромный
size-2048 = Плакат
size-pixels = { $size } пикс.
brief-seconds = { $count } с
brief-minutes = { $count } мин
button-swap = ⇄ Поменять
button-new-photo = 📷 Новое фото
button-blend = ➕ Смешать
button-keep = ⭐ Сохранить стиль
button-paint = 🖌 Рисовать
button-surprise = 🎲 Случайный стиль
button-last = ↺ Прошлый стиль
button-mine = ⭐ Мои стили
button-gallery = 🖼 Все стили
button-back = ‹ Назад
button-let-go = ✕ Удалить
button-cancel = ✕ Стоп
button-cancel-number = ✕ Стоп { $number }
button-again = 🔁 Ещё раз
button-stronger = + Сильнее
button-softer = − Мягче
button-other = 🖼 Другой стиль
button-adjust = ⚙ Настроить
button-more = Ещё…
button-bigger = ⤢ Крупнее
button-compare = ↔ Сравнить
button-file = 📄 Файл
button-film = 🎬 Видео
button-story = 📱 Для историй, 9:16
button-sticker = 🙂 Стикер
button-next = ➜ Рисовать поверх
button-share = ↗ Поделиться
button-report = ⚑ Пожаловаться
button-flag = ⚑ Пожаловаться
button-delete = 🗑 Удалить
button-erase = 🗑 Удалить
button-retry = 🔁 Повторить
button-show = 🖼 Отправить сюда
button-send = 🖼 Отправить { $number }
button-show-private = 💬 Отправить лично
started-over = Отменено. Присылайте фото, когда захотите.
extra-pictures = Первая картинка — это фото, следующие { $most } — стили. Остальные я пропустил.
blend-full = Смешать можно не больше { $most } картин. Остальные в смесь не вошли.
painting-each = Рисую все фото: { $count }.
painting-some = Рисую { $count } фото из { $all }.
photo-put-aside = Прежнее фото я отложил. Чтобы нарисовать его, ответьте на него названием стиля.
photo-waits = Последнее фото всё ещё ждёт стиля.
no-style-by-name = Стиля «{ $name }» у меня нет. Может быть, один из этих?

## Личное

status = { $count ->
        [0] Картин в работе нет.
        [one] { $count } картина в работе (одновременно до { $limit }).
        [few] { $count } картины в работе (одновременно до { $limit }).
        [many] { $count } картин в работе (одновременно до { $limit }).
       *[other] { $count } картины в работе (одновременно до { $limit }).
    }
status-running = Стиль: { $style }. Готово { $percent }{"\u202F"}%{ $eta ->
        [none] {""}
       *[other] , осталось около { $eta }
    }.
status-queued = Стиль: { $style }. { $position ->
        [0] Следующая в очереди
        [one] Впереди { $position } картина
        [few] Впереди { $position } картины
        [many] Впереди { $position } картин
       *[other] Впереди { $position } картины
    }{ $eta ->
        [none] {""}
       *[other] , до готовности около { $eta }
    }.
status-held = Стиль: { $style }. Картина готова, но отправить её не получилось.
settings = Настройки по умолчанию:
recipe = { $strength ->
        [photo] Малая сила
        [painting] Полная сила
       *[balanced] Средняя сила
    } · { $colours ->
        [mine] цвета фото
       *[painting] цвета картины
    } · { $stroke ->
        [fine] тонкие мазки
        [broad] широкие мазки
       *[medium] средние мазки
    }{ $faces ->
        [paint] {" "}· без сохранения лиц
       *[keep] {""}
    } · { $quality ->
        [draft] черновое качество
        [fine] лучшее качество
       *[normal] хорошее качество
    } · размер: { $size }
language = На каком языке общаемся?
button-as-telegram = Как в Telegram
forget = Стереть все ваши данные: картины, сохранённые стили и настройки? Картины в работе остановятся. Отменить это нельзя.
button-forget = 🗑 Стереть всё
button-keep-all = Оставить всё
not-forgotten = Ничего не стёрто.
forgotten = Стёрто: { $count ->
        [0] {""}
        [one] { $count } картина,{" "}
        [few] { $count } картины,{" "}
        [many] { $count } картин,{" "}
       *[other] { $count } картины,{" "}
    }ваши стили, настройки и язык. { $left ->
        [0] Проверено: ничего не осталось.
       *[other] Осталось записей: { $left }. Отправьте /forget ещё раз.
    } Сообщения в этом чате вы можете удалить сами.
forgotten-but-count =
    Осталось только число: за последние 24 часа у вас { $count ->
        [one] была { $count } картина
        [few] было { $count } картины
       *[other] было { $count } картин
    }. Когда эти часы пройдут, исчезнет и оно.
stopped-and-forgotten = Остановлено и стёрто.

## Админам

stats =
    Пользователей: { $people }
    В очереди: { $queued }, рисуется: { $running }, воркеров: { $workers }
    За сутки: готово { $done }, с ошибкой { $failed }, остановлено { $cancelled }, пользователей { $owners }
    { $seconds ->
        [none] Ничего не нарисовано.
       *[other] В среднем на картину уходит около { $seconds }.
    }
refused = Отказы за сутки:
refused-kind = • { $kind ->
        [banned] заблокированные пользователи
        [elsewhere] сообщения в других чатах
        [not-a-picture] сообщения без картинки
        [forbidden] нет права отправлять картинки
        [forbidden-kind] нет права отправлять файлы, видео или стикеры
        [refused] картины, которые не принял Telegram
        [image-unreadable] картинки, которые не открываются
        [image-damaged] повреждённые картинки
        [image-video] видео
        [image-kind] файлы других типов
        [image-truncated] картинки, дошедшие не целиком
        [image-too-large] слишком большие картинки
        [image-too-small] слишком маленькие картинки
        [image-too-narrow] слишком вытянутые картинки
        [image-too-slow] слишком медленные картинки
        [image-gone] картинки, которых Telegram не отдаёт
        [image-unavailable] картинки, которых Telegram не отдаёт
        [preset-unknown] стили, которых больше нет
        [too-many-today] дневной предел
        [too-many-jobs] предел одновременных картин
       *[other] другие причины
    }: { $count }
drained = Новые картины не начинаются, начатые будут закончены. Возобновить: /resume.
resumed = Снова рисую.
broadcast-what = Напишите объявление после команды: /broadcast Доброе утро!
broadcast-sure = Отправить всем? Получателей: { $count }.
button-tell-all = 📣 Отправить
button-tell-none = ✕ Не отправлять
broadcast-begun = Отправляю объявление.
broadcast-over = Объявление отправлено. Доставлено: { $told }, не доставлено: { $gone }.
not-broadcast = Объявление не отправлено.
button-ban = ✕ Заблокировать { $user }
button-withdraw = 🗑 Удалить картину
reported =
    Жалоба на картину. Стиль: { $style }.

    Заказал пользователь { $user } в чате { $chat }.
    Пожаловался пользователь { $reporter }.
withdrawn = Удалено теми, кто управляет ботом.
ban-whom = Ответьте на сообщение пользователя или напишите его ID после команды. Админов заблокировать нельзя.
banned = Пользователь { $person } заблокирован.
unbanned = Пользователь { $person } разблокирован.

## Картина в пути

preparing = Готовлю холст…
queued = { $position ->
        [0] Ваша картина следующая.
        [one] Перед вашей { $position } картина.
        [few] Перед вашей { $position } картины.
        [many] Перед вашей { $position } картин.
       *[other] Перед вашей { $position } картины.
    }{ $eta ->
        [none] {""}
       *[other] {" "}До готовности около { $eta }.
    }
waiting-for-painter = Художник ещё не готов, ваша картина подождёт. { $position ->
        [0] Ваша картина следующая.
        [one] Перед вашей { $position } картина.
        [few] Перед вашей { $position } картины.
        [many] Перед вашей { $position } картин.
       *[other] Перед вашей { $position } картины.
    }
painting = { $bar } { $percent }{"\u202F"}%
    Рисую. Стиль: { $style }{ $eta ->
        [none] …
       *[other] , осталось около { $eta }.
    }
# Родительный падеж: всегда после слова «около».
seconds = { $count ->
        [1] секунды
        [one] { $count } секунды
       *[other] { $count } секунд
    }
minutes = { $count ->
        [1] минуты
        [one] { $count } минуты
       *[other] { $count } минут
    }
hours = { $count ->
        [1] часа
        [one] { $count } часа
       *[other] { $count } часов
    }
card = Ваше фото, стиль: { $style }.
done = Стиль: { $style } · { $time }
held-forbidden = Картина в стиле «{ $style }» готова, но в группу мне нельзя отправлять изображения. Это может изменить её администратор. Я сохраню её на несколько дней.
held-refused = Картина в стиле «{ $style }» готова, но Telegram её не принял. Я сохраню её на несколько дней, можно попробовать ещё раз.
pixels = { $width } × { $height } пикселей
note-eased = Сейчас большая очередь, поэтому картина меньше, чем вы просили ({ $asked }). Когда станет свободнее, нажмите «Ещё…» и «⤢ Крупнее».
note-photo-smaller-than-size = Фото небольшое, поэтому и картина небольшая.
note-painting-smaller-than-canvas = Присланная картина небольшая. С картиной покрупнее мазки будут тоньше.
note-painted-in-tiles = Картина очень большая, поэтому я рисовал её по частям. Так дольше.
note-painted-by-adam = Картина очень большая, поэтому я рисовал способом, которому нужно меньше памяти.
note-painted-smaller = На такой размер не хватило памяти, поэтому картина меньше.
note-animation-first-frame = Одна из картинок анимированная, взят первый кадр.
note-picture-incomplete = Один из файлов повреждён, недостающий край снизу дорисован.
cancelled = Остановлено. Передумали? Нажмите «🔁 Повторить».
cancelling = Останавливаю…
cancelled-jobs = { $count ->
        [0] Картин в работе нет.
        [1] Ваша картина остановлена.
        [one] Остановлена { $count } картина.
        [few] Остановлены { $count } картины.
        [many] Остановлено { $count } картин.
       *[other] Остановлено { $count } картины.
    }
too-late = Эта картина уже не в работе.
already-sent = Эту картину я уже отправил.
not-yours = Это может сделать только тот, кто заказал картину.
not-yours-but-report = Это может сделать только тот, кто заказал картину. Чтобы пожаловаться на неё, ответьте на неё командой /report.
report-sure = Пожаловаться на эту картину? Её увидят те, кто управляет ботом, вместе с вашим ID и ID того, кто её заказал.
report-sure-tap = Пожаловаться? Картину увидят те, кто управляет ботом, вместе с вашим ID и ID того, кто её заказал. Чтобы подтвердить, нажмите «⚑ Пожаловаться» ещё раз.
report-thanks = Спасибо. Те, кто управляет ботом, посмотрят.
report-enough = Сегодня от вас уже несколько жалоб. Подождите до завтра.
painting-gone = Этой картины у меня больше нет.
report-failed = Не удалось связаться с теми, кто управляет ботом. Попробуйте позже.
report-what = Ответьте командой /report на мою картину.
file-gone = Этого файла у меня больше нет. Нажмите «🔁 Ещё раз», и я нарисую заново.
film-gone = Видео этой картины нет.
making-story = Готовлю: пара секунд…
story-busy = Я уже готовлю несколько видео. Попробуйте ещё раз через минуту.
delete-sure = Удалить эту картину? Отменить это нельзя.
deleted = Удалено.
not-deleted = Telegram не дал мне удалить эту картину, она осталась на месте. В группе её может удалить администратор.
no-stronger = Сильнее уже нельзя.
no-softer = Мягче уже нельзя.
no-bigger = Это самый большой размер.
already-begun = Эта картина уже рисуется. Остановите её или нажмите «🖼 Другой стиль», когда она будет готова.
already-painted = Эта картина уже в работе.
old-button = Кнопка устарела. Пришлите фото, чтобы начать заново.

## Ошибки, по кодам

error-image-unreadable = Не удалось открыть картинку. Пришлите JPEG, PNG, WebP, AVIF или HEIC.
error-image-damaged = Файл картинки повреждён. Сохраните его заново или пришлите как фото.
error-image-video = Это видео, а видео я пока не рисую. Пришлите фото или скриншот.
error-image-kind = { $kind ->
        [unknown] Такие файлы я открыть не могу.
       *[other] Файлы { $kind } я открыть не могу.
    } Сохраните картинку в JPEG и пришлите ещё раз.
error-image-truncated = { $percent ->
        [0] Картинка дошла не целиком.
       *[other] Дошло только { $percent } % картинки.
    } Пришлите её ещё раз.
error-image-too-large = Картинка слишком большая: не больше { $megabytes ->
        [0] 80 мегапикселей
       *[other] { $megabytes } МБ и 80 мегапикселей
    }, для некоторых форматов меньше. Попробуйте JPEG поменьше.
error-image-too-small = Картинка слишком маленькая: каждая сторона — не меньше 64 пикселей. Пришлите побольше.
error-image-too-narrow = Картинка слишком вытянутая: не больше 20:1. Обрежьте её и пришлите ещё раз.
error-image-too-slow = Картинка открывается слишком долго. Сохраните её в JPEG или PNG и пришлите ещё раз.
error-recipe-invalid = С такими настройками рисовать нельзя. Измените их: /settings.
error-preset-unknown = Этого стиля больше нет. Выберите другой.
error-too-many-today = Картин за последние 24 часа уже { $limit }, это предел. Следующую можно через { $hours ->
        [1] час
        [one] { $hours } час
        [few] { $hours } часа
        [many] { $hours } часов
       *[other] { $hours } часа
    }.
error-too-many-jobs = Картин в работе уже { $limit }, это предел. Дождитесь какой-нибудь или остановите её: /status.
error-painting-diverged = Фото и стиль не сочетаются. Попробуйте другую силу или другой стиль.
error-out-of-memory = На эту картину не хватило памяти. Попробуйте размер или фото поменьше.
error-worker-lost = Рисование прерывалось трижды. Попробуйте ещё раз или возьмите другое фото.
error-queue-unavailable = Хранилище сейчас недоступно. Ничего не пропало: я продолжу, как только оно вернётся.
error-storage-full = Место в хранилище закончилось. Попробуйте позже, ваши картинки на месте.
error-image-unavailable = Telegram сейчас не отдаёт эту картинку. Попробуйте через минуту или пришлите её ещё раз.
error-image-gone = Этой картинки у меня больше нет. Пришлите её ещё раз.
put-aside = Это не получилось несколько раз подряд, поэтому я это пропустил. Попробуйте что-нибудь другое.
error-internal = Ошибка на моей стороне, она уже записана. Попробуйте ещё раз.
not-a-picture = { $kind ->
        [video] Видео я пока не рисую. Пришлите фото или скриншот.
        [animation] Анимацию я не рисую. Пришлите фото или скриншот.
        [voice] Голосовые я не понимаю. Пришлите фото или напишите название стиля.
        [sticker] Этот стикер анимированный. Как стиль подойдёт обычный стикер или картина.
        [unseen] Это вижу только я, а картину увидели бы все. Пришлите фото в группу или мне в личный чат.
       *[other] Подойдут только картинки. Пришлите фото или картинку файлом.
    }

## Локальная страница: чат без Telegram

page-visitor = Саша
page-guests = Аня | Борис | Вера | Глеб | Ева | Фёдор
page-guest = Гость
page-needs-javascript = Этой странице нужен JavaScript.
page-connecting = соединение…
page-waiting-for-bot = ожидание бота…
page-online = в сети
page-typing = печатает…
page-sending-photo = отправляет фото…
page-sending-file = отправляет файл…
page-sending-video = отправляет видео…
page-choosing-sticker = выбирает стикер…
page-painting = рисует…
page-doing = { $name } { $action }
page-start = Начать
page-welcome-picture = Долина, которая из фотографии превращается в картину
page-messages = Сообщения
page-new-messages = Новые сообщения
page-newest = К последнему сообщению
page-newest-unread = К последнему сообщению. Не прочитано: { $count }
page-open-beside = Открыть второй чат
page-switch-theme = Светлая или тёмная тема
page-close-column = Закрыть колонку
page-menu = Меню
page-menu-of = Меню. Вы пишете как { $name }
page-chat-as-name = Вы пишете как { $name }
page-column-of = { $name } в чате { $chat }
page-invitation = Приглашение
page-invited = Ссылка на Atelier
page-not-now = Не сейчас
page-commands = Команды
page-attachments = Вложения
page-attach = Прикрепить
page-as-file = Отправить файлом, без сжатия
page-message = Сообщение
page-add-caption = Добавьте подпись…
page-send = Отправить
page-photos-to-send = Фото для отправки
page-sticker-to-send = Картинка для отправки стикером
page-photos = Фото
page-files = Файлы без сжатия
page-as-sticker = Картинка как стикер
page-up-to = Не больше { $most } за раз, как в любом альбоме.
page-remove = Убрать { $name }
page-drop-photos = Перетащите фото сюда
page-drop-photos-why = чтобы сделать из них картины
page-drop-files = Перетащите сюда, чтобы отправить файлами
page-drop-files-why = все пиксели, без сжатия
page-you = Вы
page-somebody = Кто-то
page-bot = Бот
page-photo = Фото
page-video = Видео
page-sticker = Стикер
page-sticker-of = Стикер { $emoji }
page-voice = Голосовое сообщение
page-file = Файл
page-edited = изменено
page-only-you = Это видите только вы
page-forwarded = Переслано от { $name }
page-not-shown = Такие сообщения здесь не показываются.
page-hidden-text = Скрытый текст: показать
page-reply = Ответить
page-do-not-reply = Не отвечать
page-forward = Переслать
page-copy-text = Копировать текст
page-copied = Скопировано.
page-no-copying = Браузер не разрешает копировать.
page-to-person = Для { $name }
page-play-film = Показать видео
page-picture = Изображение
page-open-picture = Открыть изображение
page-open-picture-of = Открыть изображение: { $caption }
page-picture-gone = Этого изображения больше нет
page-open-file = Открыть { $name }
page-download = Скачать
page-download-file = Скачать { $name }
page-of-all = { $at } из { $all }
page-previous-picture = Предыдущее изображение
page-next-picture = Следующее изображение
page-zoom = Увеличить
page-compare = До и после
page-before = До
page-after = После
page-close = Закрыть
page-chat-as = Писать как
page-chat-in = Где
page-group = Группа
page-add-member = Добавить участника…
page-new-group = Новая группа…
page-leave-group = Выйти из группы
page-clear-chat = Очистить чат
page-somebody-else = Кто-то ещё…
page-new-name = Имя нового участника
page-their-language = Язык
page-group-name = Название группы
page-group-people = Участники группы
page-group-maker = { $name } (создаёт)
page-group-new = Новая группа
page-make-group = Создать группу
page-share-with = Поделиться
page-sent-by = От { $name }: «{ $words }»
page-copy-link = Копировать ссылку
page-forward-to = Переслать
page-choose-chat = Выберите чат
page-add-to-group = Добавить в группу
page-today = Сегодня
page-yesterday = Вчера
page-made-group = { $name } создаёт группу
page-joined = { $name } теперь в группе
page-added = { $name } добавляет: { $people }
page-left = { $name } больше не в группе
page-removed = { $name } удаляет: { $people }
page-supergroup = Группа стала супергруппой
page-was-group = Раньше это была группа
page-named-group = { $name } называет группу «{ $title }»
page-pinned = { $name } закрепляет сообщение
page-unreachable = Сервер не отвечает. Он ещё запущен?
page-refused = Не получилось ({ $status }).
page-refused-failed = На сервере произошла ошибка. Причина в журнале.
page-refused-too-large = Слишком большой файл: не больше 60 МБ.
page-refused-unicode = Это не Unicode.
page-refused-address = Такого адреса нет.
page-refused-chat = Такого чата нет.
page-refused-group = Такой группы нет.
page-refused-user = Такого пользователя нет.
page-refused-message = Этого сообщения больше нет.
page-refused-button = Этой кнопки больше нет.
page-refused-file = Этого файла больше нет.
page-refused-forward = Пересылать можно только из своих чатов.
page-refused-name = В имени от 1 до { $most } символов.
page-refused-title = В названии группы от 1 до { $most } символов.
page-refused-people = В группе должны быть участники.
page-refused-text = В сообщении не больше { $most } символов.
page-refused-caption = В подписи не больше { $most } символов.
page-refused-blank = Сначала напишите что-нибудь.
page-refused-files = За раз можно отправить от 1 до { $most } файлов.
page-refused-empty = «{ $name }»: файл пуст.
page-refused-sticker-large = Эта картинка слишком большая для стикера.
page-refused-sticker-kind = Это не картинка, стикера не получится.
page-refused-not-member = Вы не в этой группе.
page-refused-member = Вы уже в этой группе.
page-refused-last = Последний участник не может выйти из группы.
page-refused-supergroup = Теперь это супергруппа.
page-refused-blocked = Вы заблокировали бота. Сначала разблокируйте его.

## Слова вокруг названия стиля в сообщении

name-leads = как | стиль | в стиле | в манере | под
name-fillers = пожалуйста | спасибо | стиль | в | нарисуй | сделай | можешь | моё фото | фото
name-openings = в
name-refusals = не | без

## Названия стилей

style-swirling-night = Вихревая ночь
    .also = Вихри | Вихрь
style-woodblock-waves = Волны с гравюры
    .also = Укиё-э | Японская гравюра | Гравюра на дереве | Ксилография
style-stained-glass = Витраж
    .also = Витражи | Витражом | Витража
style-mosaic = Мозаика
    .also = Мозаикой | Мозаики | Мозаику
style-rainy-avenue = Дождливый бульвар
    .also = Мастихин | Мастихином | Фовизм | Фовизма
style-copper-etching = Гравюра на меди
    .also = Офорт | Офорта | Гравюра
style-dappled-harbour = Пуантилистская гавань
    .also = Пуантилизм | Пуантилизма | Точками | Дивизионизм
style-watercolour-hills = Акварельные холмы
    .also = Акварель | Акварелью | Акварели | Скетч
style-ink-mountains = Горы тушью
    .also = Тушь | Тушью | Китайская живопись | Суми-э
style-golden-tree = Золотое дерево
    .also = Золото | Золотом | Модерн
style-cubist-facets = Кубистские грани
    .also = Кубизм | Кубизма
style-chalk-rooftops = Меловые крыши
    .also = Мел | Мелом | Пастель | Пастелью | Пастели
style-primary-grid = Сетка основных цветов
    .also = Сетка | Неопластицизм
style-starry-night = Звёздная ночь
style-cafe-terrace-at-night = Ночная терраса кафе
style-wheat-field-with-cypresses = Пшеничное поле с кипарисами
style-irises = Ирисы
style-great-wave = Большая волна в Канагаве
    .also = Большая волна
style-red-fuji = Красная Фудзи
    .also = Победный ветер. Ясный день
style-plum-park-in-kameido = Сливовый сад в Камэйдо
style-impression-sunrise = Впечатление. Восходящее солнце
style-water-lilies = Водяные лилии
    .also = Кувшинки
style-woman-with-a-parasol = Женщина с зонтиком
    .also = Дама с зонтиком
style-la-grande-jatte = Воскресный день на острове Гранд-Жатт
    .also = Гранд-Жатт
style-the-kiss-klimt = Поцелуй
style-adele-bloch-bauer = Портрет Адели Блох-Бауэр I
style-girl-with-a-pearl-earring = Девушка с жемчужной серёжкой
style-rain-steam-and-speed = Дождь, пар и скорость
style-shipwreck-of-the-minotaur = Кораблекрушение „Минотавра“
style-mont-sainte-victoire = Гора Сент-Виктуар
style-large-blue-horses = Большие синие лошади
    .also = Синие лошади
style-four-trees = Четыре дерева
style-ninth-wave = Девятый вал
style-the-scream = Крик
style-composition-vii = Композиция VII
style-composition-viii = Композиция VIII
style-senecio = Сенецио

## Художники

artist-van-gogh = Винсент Ван Гог
    .also = Ван Гог | Ван Гога | Винсента Ван Гога
artist-hokusai = Кацусика Хокусай
    .also = Хокусай | Хокусая | Кацусики Хокусая
artist-hiroshige = Утагава Хиросигэ
    .also = Хиросигэ
artist-monet = Клод Моне
    .also = Моне | Клода Моне
artist-seurat = Жорж Сёра
    .also = Сёра | Жоржа Сёра
artist-klimt = Густав Климт
    .also = Климт | Климта | Густава Климта
artist-vermeer = Ян Вермеер
    .also = Вермеер | Вермеера | Яна Вермеера
artist-turner = Уильям Тёрнер
    .also = Тёрнер | Тёрнера | Уильяма Тёрнера
artist-cezanne = Поль Сезанн
    .also = Сезанн | Сезанна | Поля Сезанна
artist-marc = Франц Марк
    .also = Франца Марка
artist-schiele = Эгон Шиле
    .also = Шиле | Эгона Шиле
artist-aivazovsky = Иван Айвазовский
    .also = Айвазовский | Айвазовского | Ивана Айвазовского
artist-munch = Эдвард Мунк
    .also = Мунк | Мунка | Эдварда Мунка
artist-kandinsky = Василий Кандинский
    .also = Кандинский | Кандинского | Василия Кандинского
artist-klee = Пауль Клее
    .also = Клее | Пауля Клее
