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
help =
    1. Пришлите фото. Чтобы сохранить полное разрешение, отправьте его файлом.
    2. Нажмите на стиль, и я начну рисовать. Ещё можно написать название стиля в подписи к фото или прислать как стиль картину или стикер. Все стили: /styles.
    3. «⚙ Настроить» меняет силу, цвета, размер и прочее. Настройки по умолчанию: /settings.

    Картина появляется у вас на глазах. /status показывает, сколько готово, /cancel останавливает. Чтобы взять картинку из переписки, ответьте на неё: напишите стиль или пришлите картину.
privacy =
    Что я храню и как долго:

    • Присланные фото и картины: пока не готова ваша картина. Оригиналы хранит Telegram, у меня только ссылка на них.
    • Готовые картины, видео и их настройки: ещё несколько дней, чтобы работали кнопки.
    • Ваш ID, язык, настройки, сохранённые стили и то, что вы собираетесь нарисовать: пока вы не отправите /forget.

    Я никому это не передаю и ничего на этом не обучаю. /forget сразу стирает всё. Если вас заблокировали, остаётся только ваш ID.
ask-style = Выберите стиль или пришлите картину, которая вам нравится.
ask-blend = С какой картиной смешать? Пришлите её или выберите стиль.
gallery = Выберите стиль, потом пришлите фото.
my-styles = Ваши сохранённые стили. Нажмите на любой, чтобы рисовать в нём.
no-styles-yet = Сохранённых стилей пока нет. Пришлите фото и картину, потом нажмите «⚙ Настроить» и «⭐ Сохранить стиль».
no-such-style = Этого стиля сейчас нет. Выберите другой.
style-chosen = Стиль: { $style }. Теперь пришлите фото.
send-a-photo = Пришлите фото, и я превращу его в картину.
first-frame = Картинка анимированная, беру первый кадр.
name-it = Как назвать этот стиль?
style-kept = Стиль сохранён: «{ $name }». Он есть в /styles; можно и написать название в подписи к фото.
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
counter-today = Картин за сегодня: { $count } из { $limit }.
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
button-next = ➜ Рисовать поверх
button-share = ↗ Поделиться
button-delete = 🗑 Удалить
button-erase = 🗑 Удалить
button-retry = 🔁 Повторить
started-over = Отменено. Присылайте фото, когда захотите.
extra-pictures = Первая картинка — фото, следующие ({ $most }) — стили. Остальные пропущены.

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
    } · размер { $size }
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
drained = Новые картины не начинаются, начатые будут закончены. Возобновить: /resume.
resumed = Снова рисую.
broadcast-what = Напишите объявление после команды: /broadcast Доброе утро!
broadcast-sure = Отправить всем? Получателей: { $count }.
button-tell-all = 📣 Отправить
button-tell-none = ✕ Не отправлять
broadcast-begun = Отправляю объявление.
broadcast-over = Объявление отправлено. Доставлено: { $told }, не доставлено: { $gone }.
not-broadcast = Объявление не отправлено.
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
waiting-for-painter = Художник готовится. { $position ->
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
pixels = { $width } × { $height } пикселей
note-eased = Сейчас большая очередь, поэтому картина меньше, чем вы просили ({ $asked }). Нажмите «⤢ Крупнее», когда станет свободнее.
note-photo-smaller-than-size = Фото небольшое, поэтому и картина небольшая.
note-painting-smaller-than-canvas = Присланная картина небольшая. С картиной покрупнее мазки будут тоньше.
note-painted-in-tiles = Картина очень большая, поэтому рисуется по частям. Так дольше.
note-painted-by-adam = Картина очень большая, поэтому рисовать пришлось экономнее.
note-painted-smaller = На такой размер не хватило памяти, поэтому картина меньше.
note-animation-first-frame = Одна из картинок анимированная, взят первый кадр.
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
too-late = Эта картина уже завершена.
not-yours = Это может сделать только тот, кто заказал картину.
file-gone = Этого файла у меня больше нет. Нажмите «🔁 Ещё раз», и я нарисую заново.
film-gone = Видео этой картины нет.
delete-sure = Удалить эту картину? Отменить это нельзя.
deleted = Удалено.
no-stronger = Сильнее уже нельзя.
no-softer = Мягче уже нельзя.
no-bigger = Это самый большой размер.
already-painted = Эта картина уже в работе.
old-button = Кнопка устарела. Пришлите фото, чтобы начать заново.

## Ошибки, по кодам

error-image-unreadable = Не удалось открыть картинку. Пришлите JPEG, PNG, WebP, AVIF или HEIC.
error-image-truncated = Картинка дошла не целиком. Пришлите её ещё раз.
error-image-too-large = Картинка слишком большая: не больше 20 МБ и 80 мегапикселей, для некоторых форматов меньше. Попробуйте JPEG поменьше.
error-image-too-small = Картинка слишком маленькая: каждая сторона — не меньше 64 пикселей. Пришлите побольше.
error-image-too-narrow = Картинка слишком вытянутая: не больше 20:1. Обрежьте её и пришлите ещё раз.
error-image-too-slow = Картинка открывается слишком долго. Сохраните её в JPEG или PNG и пришлите ещё раз.
error-recipe-invalid = С такими настройками рисовать нельзя. Измените их: /settings.
error-preset-unknown = Этого стиля больше нет. Выберите другой.
error-too-many-today = Картин за сегодня уже { $limit }, это предел. Следующую можно через { $hours ->
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
error-queue-unavailable = Хранилище сейчас недоступно. Ничего не пропало, попробуйте через минуту.
error-storage-full = Место в хранилище закончилось. Попробуйте позже, ваши картинки на месте.
error-image-gone = Этой картинки у меня больше нет. Пришлите её ещё раз.
put-aside = Это раз за разом не получалось, и я это пропустил. Попробуйте что-нибудь другое.
error-internal = Ошибка на моей стороне, она уже записана. Попробуйте ещё раз.
not-a-picture = { $kind ->
        [video] Видео я пока не рисую. Пришлите фото или скриншот.
        [animation] Анимацию я не рисую. Пришлите фото или скриншот.
        [voice] Голосовые я не понимаю. Пришлите фото или напишите название стиля.
        [sticker] Этот стикер анимированный. Как стиль подойдёт обычный стикер или картина.
       *[other] Подойдут только картинки. Пришлите фото или картинку файлом.
    }

## Слова вокруг названия стиля в сообщении

name-leads = как | стиль | в стиле | в манере | под
name-fillers = пожалуйста | спасибо | стиль
name-openings = в
name-refusals = не | без

## Названия стилей

style-swirling-night = Вихревая ночь
style-woodblock-waves = Волны с гравюры
style-stained-glass = Витраж
style-mosaic = Мозаика
style-fauve-fields = Фовистские поля
style-copper-etching = Гравюра на меди
style-pointillist-garden = Пуантилистский сад
style-watercolour-poppies = Акварельные маки
style-ink-mountains = Горы тушью
style-golden-tree = Золотое дерево
style-cubist-facets = Кубистские грани
style-chalk-rooftops = Меловые крыши
style-primary-grid = Сетка основных цветов
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
